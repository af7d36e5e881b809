package io.tlvm.vm.world;

import io.grpc.StatusRuntimeException;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.node.v1.CleanedMachine;
import io.tlvm.node.v1.ClusterServiceGrpc;
import io.tlvm.node.v1.GetStandingRequest;
import io.tlvm.node.v1.JoinRequest;
import io.tlvm.node.v1.NodeCapabilities;
import io.tlvm.node.v1.NodeStanding;
import io.tlvm.node.v1.RenewRequest;
import io.tlvm.ownership.id.NodeName;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One node's membership: it joins, then renews until it is silent. */
final class Membership implements AutoCloseable {
    private final String name;
    private final int agentPort;
    private final int port;
    private final String storagePath;
    private final ScriptedMachines machines;
    private final ScriptedKeys keys;
    private final ChannelFactory channels;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean silent;
    private volatile String bootId = "";

    /**
     * @param agentPort where the node's agent listens
     * @param port where vm-service listens
     */
    Membership(
            String name,
            int agentPort,
            int port,
            String storagePath,
            ScriptedMachines machines,
            ScriptedKeys keys,
            PkiDirectory pki) {
        this.name = name;
        this.agentPort = agentPort;
        this.port = port;
        this.storagePath = storagePath;
        this.machines = machines;
        this.keys = keys;
        this.channels = new ChannelFactory(pki);
    }

    void start() {
        join();
        Thread.ofVirtual().name("renew-" + name).start(this::renew);
    }

    void silence(boolean now) {
        this.silent = now;
    }

    private ClusterServiceGrpc.ClusterServiceBlockingStub service() {
        return ClusterServiceGrpc.newBlockingStub(
                        channels.channel(
                                new HostPort("127.0.0.1", port),
                                new TrustDomain("tlvm.test").service("vm-service")))
                .withDeadlineAfter(10, TimeUnit.SECONDS);
    }

    /** Says who the node is; again after each restart. */
    void join() {
        bootId = UUID.randomUUID().toString();
        var standing =
                service()
                        .getStanding(
                                GetStandingRequest.newBuilder()
                                        .setNode(name)
                                        .addAllVmUids(machines.known())
                                        .build());
        List<CleanedMachine> cleaned =
                standing.getStanding() == NodeStanding.NODE_STANDING_FENCED
                        ? machines.comeHome(new NodeName(name), standing.getRowsList())
                        : List.of();
        join(cleaned);
    }

    /** Says so, whatever the cluster decided about the node. */
    void join(List<CleanedMachine> cleaned) {
        keys.learn(
                service()
                        .join(
                                JoinRequest.newBuilder()
                                        .setNode(name)
                                        .setBootId(bootId)
                                        .setAddress("127.0.0.1:" + agentPort)
                                        .setCapabilities(
                                                NodeCapabilities.newBuilder()
                                                        .setVcpuCount(1_000)
                                                        .setMemoryMib(1_000_000)
                                                        .setAccelerator("tcg")
                                                        .setCpuModel("Nehalem")
                                                        .setTrustedLaunch(true)
                                                        .setNodePublicKey(keys.publicKey())
                                                        .setVbsReason(
                                                                "the test has no nested"
                                                                        + " virtualization"))
                                        .addAllMachines(machines.reports())
                                        .addAllStoragePaths(List.of(storagePath))
                                        .addAllCleaned(cleaned)
                                        .build()));
    }

    private void renew() {
        try {
            while (!stopped.await(300, TimeUnit.MILLISECONDS)) {
                if (!silent) {
                    try {
                        var unused =
                                service()
                                        .renew(
                                                RenewRequest.newBuilder()
                                                        .setNode(name)
                                                        .setBootId(bootId)
                                                        .addAllMachines(machines.reports())
                                                        .addAllStoragePaths(List.of(storagePath))
                                                        .build());
                    } catch (StatusRuntimeException notNow) {
                        // tried again
                    }
                }
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stopped.countDown();
        channels.close();
    }
}
