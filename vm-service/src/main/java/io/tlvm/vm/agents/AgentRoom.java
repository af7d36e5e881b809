package io.tlvm.vm.agents;

import io.grpc.StatusRuntimeException;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.node.v1.GetTransferRequest;
import io.tlvm.node.v1.PrepareDisksRequest;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.backup.BackupSource;
import io.tlvm.vm.keys.RecoveryKeys;
import io.tlvm.vm.machine.Disks;
import io.tlvm.vm.machine.Machine;
import io.tlvm.vm.machine.MachineRecords;
import io.tlvm.vm.migration.Measured;
import io.tlvm.vm.migration.Transfers;
import io.tlvm.vm.node.NodeRecords;
import io.tlvm.vm.ownership.StepFailure;
import io.tlvm.vm.ownership.Steps;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Everything that this service asks of agents: the steps of rows, and what operations ask besides.
 */
public final class AgentRoom implements Disks, Transfers, AutoCloseable {

    /** Copying a large image over a slow network; each call goes on where the one before ended. */
    private static final Duration DISKS_BOUND = Duration.ofMinutes(30);

    private static final Duration SILENCE_MAX = Duration.ofMinutes(2);
    private static final Duration REST = Duration.ofSeconds(1);
    private static final Duration LOOK_BOUND = Duration.ofSeconds(2);

    private final AgentChannels agents;
    private final AgentSteps steps;
    private final BackupSource backups;
    private final Clock clock;
    private final CountDownLatch stopped = new CountDownLatch(1);

    public AgentRoom(
            ChannelFactory channels,
            TrustDomain trustDomain,
            NodeRecords nodes,
            MachineRecords machines,
            PkiDirectory pki,
            CertificateSigner signer,
            RecoveryKeys keys,
            Receipts receipts,
            Clock clock) {
        this.agents = new AgentChannels(channels, trustDomain, nodes);
        this.steps =
                new AgentSteps(
                        agents,
                        machines,
                        new Plans(signer, agents, machines),
                        keys,
                        receipts,
                        clock);
        this.backups =
                new AgentBackups(
                        agents,
                        trustDomain,
                        () -> List.of(pki.trustManager().getAcceptedIssuers()));
        this.clock = clock;
    }

    /** How the steps of rows are done. */
    public Steps steps() {
        return steps;
    }

    /** Makes backups where the state is. */
    public BackupSource backups() {
        return backups;
    }

    @Override
    public void prepare(Machine machine, OwnershipRow row) throws InterruptedException {
        OperationId op = createOf(row);
        patiently(
                machine,
                row.owner(),
                "PREPARE_DISKS",
                () ->
                        agents.stub(row.owner(), DISKS_BOUND)
                                .prepareDisks(
                                        PrepareDisksRequest.newBuilder()
                                                .setCommand(Commands.command(row, op, row.epoch()))
                                                .setSpec(Commands.spec(machine))
                                                .build()));
    }

    @Override
    public Optional<Measured.Progress> progress(NodeName source, VmUid vm, OperationId op) {
        try {
            var transfer =
                    agents.stub(source, LOOK_BOUND)
                            .getTransfer(
                                    GetTransferRequest.newBuilder()
                                            .setVmUid(vm.value())
                                            .setOpId(op.value())
                                            .build());
            return Optional.of(
                    new Measured.Progress(
                            transfer.getMemoryTotalBytes(),
                            transfer.getMemoryTransferredBytes(),
                            transfer.getMemoryRemainingBytes(),
                            transfer.getDirtyPagesPerSecond(),
                            transfer.getIteration(),
                            transfer.getThroughputBytesPerSecond()));
        } catch (StatusRuntimeException notNow) {
            return Optional.empty();
        }
    }

    private static OperationId createOf(OwnershipRow row) {
        if (row.phase() instanceof Phase.Creating(var op)) {
            return op;
        }
        throw new IllegalStateException("VM " + row.vm() + " is created: " + row.phase());
    }

    /** Repeats a call while the agent is silent, for a while. */
    private void patiently(Machine machine, NodeName node, String step, Runnable call)
            throws InterruptedException {
        Instant limit = clock.instant().plus(SILENCE_MAX);
        while (true) {
            StepFailure failure;
            try {
                call.run();
                return;
            } catch (StatusRuntimeException failed) {
                if (Thread.interrupted()) {
                    throw new InterruptedException(step + " was interrupted");
                }
                failure = AgentFailure.of(failed);
            }
            boolean passes =
                    switch (failure.kind()) {
                        case SILENT -> clock.instant().isBefore(limit);
                        case TIMED_OUT, STALE, REFUSED -> false;
                    };
            if (!passes || stopped.await(REST.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new VmRefused(
                        new MachineRefusal.StepFailed(
                                machine.name().toString(), step, node.value(), failure));
            }
        }
    }

    @Override
    public void close() {
        stopped.countDown();
    }
}
