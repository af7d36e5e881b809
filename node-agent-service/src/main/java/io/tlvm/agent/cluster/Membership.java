package io.tlvm.agent.cluster;

import io.tlvm.agent.cluster.ClusterLink.ClusterSaysNo;
import io.tlvm.agent.keys.KeyRing;
import io.tlvm.agent.machine.MachineDriver;
import io.tlvm.agent.machine.MachineRefused;
import io.tlvm.agent.machine.Machines;
import io.tlvm.agent.machine.StoragePaths;
import io.tlvm.node.v1.CleanedMachine;
import io.tlvm.node.v1.GetStandingRequest;
import io.tlvm.node.v1.GetStandingResponse;
import io.tlvm.node.v1.JoinRequest;
import io.tlvm.node.v1.JoinResponse;
import io.tlvm.node.v1.MachineReport;
import io.tlvm.node.v1.NodeStanding;
import io.tlvm.node.v1.OwnershipView;
import io.tlvm.node.v1.RenewRequest;
import io.tlvm.node.v1.RenewResponse;
import io.tlvm.node.v1.StorageLocation;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.VmUid;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * This node as a member of its cluster. Until Join was accepted, and again after a refused renewal,
 * the node takes no command (R9). Guests run on through any silence of the control plane.
 */
public final class Membership implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Membership.class);
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Duration RETRY = Duration.ofSeconds(2);
    private static final Duration RENEW_MAX = Duration.ofSeconds(30);

    private final NodeName node;
    private final String address;
    private final ClusterLink link;
    private final Machines machines;
    private final StoragePaths storage;
    private final CapabilityReport capabilities;
    private final String bootId;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final JoinState state;
    private final KeyReports keys;
    private volatile List<StorageLocation> locations = List.of();
    private Duration interval = Duration.ofSeconds(5);
    private String lastTrouble = "";

    /**
     * A node that has not joined yet.
     *
     * @param address where vm-service and other agents reach this agent, host:port
     * @param ring told for whom state keys are wrapped
     * @param state told when the node is admitted, and when not any more
     * @throws IOException when the kernel does not tell its boot id
     */
    public Membership(
            NodeName node,
            String address,
            ClusterLink link,
            Machines machines,
            StoragePaths storage,
            CapabilityReport capabilities,
            KeyRing ring,
            JoinState state)
            throws IOException {
        this.node = node;
        this.address = address;
        this.link = link;
        this.machines = machines;
        this.storage = storage;
        this.capabilities = capabilities;
        this.state = state;
        this.keys = new KeyReports(node, link, machines, ring);
        this.bootId = Files.readString(BOOT_ID).strip();
    }

    /** Begins to join and renew. */
    public void start() {
        Thread.ofVirtual()
                .name("membership")
                .start(
                        () -> {
                            try {
                                do {
                                    turn();
                                } while (!stopping.await(
                                        pause().toMillis(), TimeUnit.MILLISECONDS));
                            } catch (InterruptedException stop) {
                                Thread.currentThread().interrupt();
                            }
                        });
    }

    private Duration pause() {
        return state.isJoined() ? interval : RETRY;
    }

    private void turn() throws InterruptedException {
        try {
            if (!state.isJoined()) {
                join();
            }
            renew();
            keys.send();
            lastTrouble = "";
        } catch (ClusterSaysNo no) {
            if (!no.isSilent()) {
                state.set(false);
            }
            trouble(String.valueOf(no.getMessage()));
        } catch (MachineRefused unusable) {
            trouble(String.valueOf(unusable.getMessage()));
        } catch (RuntimeException unforeseen) {
            // A node that stops renewing is given up: whatever it is, the next turn tries again.
            LOG.errorf(unforeseen, "node=%s joined=%s", node, state.isJoined());
        }
    }

    /**
     * One line per change: a control plane that is away for an hour is not worth a line every two
     * seconds.
     */
    private void trouble(String what) {
        if (!what.equals(lastTrouble)) {
            lastTrouble = what;
            LOG.warnf("node=%s joined=%s %s", node, state.isJoined(), what);
        }
    }

    private void join() throws ClusterSaysNo, InterruptedException {
        List<CleanedMachine> cleaned = comeHome();
        JoinResponse answer =
                link.join(
                        JoinRequest.newBuilder()
                                .setNode(node.value())
                                .setBootId(bootId)
                                .setAddress(address)
                                .setCapabilities(capabilities.now())
                                .addAllMachines(reports())
                                .addAllStoragePaths(reached())
                                .addAllCleaned(cleaned)
                                .build());
        for (OwnershipView row : answer.getRowsList()) {
            raise(row);
        }
        keys.learn(answer.getRecoveryKeyId(), answer.getRecoveryPublicKey());
        locations = List.copyOf(answer.getStoragePathsList());
        Duration told =
                Duration.ofSeconds(
                        answer.getRenewInterval().getSeconds(),
                        answer.getRenewInterval().getNanos());
        interval = told.isPositive() && told.compareTo(RENEW_MAX) <= 0 ? told : interval;
        state.set(true);
        LOG.infof(
                "node=%s joined rows=%d storage_paths=%d",
                node, answer.getRowsCount(), locations.size());
    }

    /** Also of a machine that has no journal here: a late command would begin one. */
    private void raise(OwnershipView row) throws InterruptedException {
        VmUid vm = new VmUid(row.getVmUid());
        try {
            machines.driver(vm).raise(new RowVersion(row.getRowVersion()));
        } catch (MachineRefused undriven) {
            // Its journal cannot be used, so no command for it is obeyed either; the others are not
            // to wait for it.
            LOG.errorf("vm=%s is not driven: %s", vm, undriven.getMessage());
        }
    }

    /**
     * A node that was given up cleans up by the rows before it joins; its reports are read after
     * that.
     */
    private List<CleanedMachine> comeHome() throws ClusterSaysNo, InterruptedException {
        GetStandingResponse standing =
                link.standing(
                        GetStandingRequest.newBuilder()
                                .setNode(node.value())
                                .addAllVmUids(
                                        machines.all().stream()
                                                .map(driver -> driver.vm().value())
                                                .toList())
                                .build());
        List<CleanedMachine> cleaned = new ArrayList<>();
        if (standing.getStanding() == NodeStanding.NODE_STANDING_FENCED) {
            for (OwnershipView row : standing.getRowsList()) {
                cleaned.add(
                        Rows.cleaned(
                                row,
                                machines.driver(new VmUid(row.getVmUid()))
                                        .comeHome(Rows.seen(row))));
            }
            LOG.warnf(
                    "node=%s was fenced: cleaned up by the rows of %d machines",
                    node, cleaned.size());
        }
        return cleaned;
    }

    private void renew() throws ClusterSaysNo, InterruptedException {
        RenewResponse answer =
                link.renew(
                        RenewRequest.newBuilder()
                                .setNode(node.value())
                                .setBootId(bootId)
                                .addAllMachines(reports())
                                .addAllStoragePaths(reached())
                                .build());
        locations = List.copyOf(answer.getStoragePathsList());
        keys.learn(answer.getRecoveryKeyId(), answer.getRecoveryPublicKey());
    }

    private List<MachineReport> reports() throws InterruptedException {
        List<MachineReport> reports = new ArrayList<>();
        for (MachineDriver driver : machines.all()) {
            reports.add(driver.report());
        }
        return reports;
    }

    private List<String> reached() {
        return locations.stream()
                .filter(location -> storage.look(location).tree().isPresent())
                .map(StorageLocation::getStoragePath)
                .toList();
    }

    @Override
    public void close() {
        stopping.countDown();
    }
}
