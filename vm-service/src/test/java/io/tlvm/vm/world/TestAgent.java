package io.tlvm.vm.world;

import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.ownership.journal.Observed;
import io.tlvm.ownership.journal.Observed.Nothing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/**
 * An agent whose decisions are the product's ({@link io.tlvm.ownership.journal.Agent}) and whose
 * machine is a script: states change as a real QEMU's would, at once. Tests make its calls fail,
 * hold them, or take it away.
 */
public final class TestAgent implements AutoCloseable {
    private final String name;
    private final PkiDirectory pki;
    private final ScriptedMachines machines;
    private final ScriptedCalls calls = new ScriptedCalls();
    private final AgentCalls service;
    private final ScriptedKeys keys;
    private final ScriptedBackups backups;
    private final Membership membership;
    private final int port;
    private volatile TlsServer server;

    TestAgent(String name, TestCluster cluster, Path directory, String storagePath) {
        this.name = name;
        this.machines = new ScriptedMachines(cluster::check);
        this.pki = PkiDirectory.open(directory.resolve(name));
        this.keys = new ScriptedKeys(name);
        this.backups = new ScriptedBackups(name, pki);
        this.service =
                new AgentCalls(
                        name,
                        cluster,
                        machines,
                        calls,
                        pki,
                        keys,
                        backups,
                        directory.resolve("ek.der"));
        this.server = listen(0);
        this.port = server.port();
        this.membership =
                new Membership(name, port, cluster.port(), storagePath, machines, keys, pki);
        membership.start();
    }

    private TlsServer listen(int wanted) {
        try {
            return new TlsServer(pki, wanted, service);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    public String name() {
        return name;
    }

    public ScriptedKeys keys() {
        return keys;
    }

    public ScriptedBackups backups() {
        return backups;
    }

    ScriptedMachines machines() {
        return machines;
    }

    /** The next call of this RPC does something else. */
    public void script(String rpc, Script script) {
        calls.script(rpc, script);
    }

    /** Calls of this RPC wait before they do anything, until released. */
    public void hold(String rpc) {
        calls.hold(rpc);
    }

    public void awaitHeld(String rpc) throws InterruptedException {
        calls.awaitHeld(rpc);
    }

    public void release(String rpc) {
        calls.release(rpc);
    }

    /** From now on it signs receipts with the certificate in this directory. */
    public void signWith(Path identity) {
        service.signWith(PkiDirectory.open(identity));
    }

    /** How often this RPC was called. */
    public int called(String rpc) {
        return calls.counts.getOrDefault(rpc, 0);
    }

    /** The agent's process ends; guests run on. */
    public void kill() {
        membership.silence(true);
        server.close();
    }

    /** It comes back with its journals, and with what it held in memory lost. */
    public void restart() {
        machines.restart();
        server = listen(port);
        membership.silence(false);
        membership.join();
    }

    /** The node loses power: no agent, no guest, no word. */
    public void powerOff() {
        kill();
        machines.powerOff();
    }

    /** It joins as if nothing had happened, without having cleaned up. */
    public void joinUncleaned() {
        membership.join(List.of());
    }

    /** The guest's QEMU ends by itself. */
    public void endGuest(String vm) {
        machines.see(vm, new Nothing());
    }

    public void ignorePowerButton(String vm) {
        machines.ignorePowerButton(vm);
    }

    public Observed observed(String vm) {
        return machines.observed(vm);
    }

    public boolean runs(String vm) {
        return machines.runs(vm);
    }

    @Override
    public void close() {
        membership.close();
        calls.releaseAll();
        server.close();
        pki.close();
    }
}
