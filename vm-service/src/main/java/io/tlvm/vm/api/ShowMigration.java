package io.tlvm.vm.api;

import io.tlvm.compute.v1.Migration;
import io.tlvm.compute.v1.MigrationProgress;
import io.tlvm.compute.v1.PhaseTime;
import io.tlvm.vm.migration.Measured;
import io.tlvm.vm.migration.MigrationRecord;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.MigrationRefusal;

import java.time.Duration;

/** Migration records as clients see them. */
final class ShowMigration {
    private ShowMigration() {}

    static Migration of(String vm, MigrationRecord record) {
        var shown =
                Migration.newBuilder()
                        .setUid(record.op().value())
                        .setVirtualMachine(vm)
                        .setState(state(record.state()))
                        .setSourceNode("nodes/" + record.source())
                        .setTargetNode("nodes/" + record.target())
                        .setProgress(progress(record.progress()))
                        .setEpochBefore(record.epochBefore().value())
                        .setEpochAfter(record.epochAfter().value())
                        .setDigest(record.digest())
                        .setSourceDestroyed(record.sourceDestroyed())
                        .setReceipt(record.receipt())
                        .setStartTime(Translate.proto(record.startTime()));
        record.phases()
                .forEach(
                        phase ->
                                shown.addPhases(
                                        PhaseTime.newBuilder()
                                                .setState(state(phase.state()))
                                                .setTime(Translate.proto(phase.time()))));
        record.downtime().map(Translate::proto).ifPresent(shown::setQemuDowntime);
        record.preSwitchover().map(Translate::proto).ifPresent(shown::setPreSwitchover);
        record.adopt().map(Translate::proto).ifPresent(shown::setAdopt);
        record.pause().map(Translate::proto).ifPresent(shown::setPause);
        record.endTime()
                .ifPresent(
                        end ->
                                shown.setEndTime(Translate.proto(end))
                                        .setTotalTime(
                                                Translate.proto(
                                                        Duration.between(
                                                                record.startTime(), end))));
        record.gaveUpIn()
                .ifPresent(
                        in -> {
                            String name = record.op().value();
                            shown.setError(
                                    Refusals.of(
                                                    record.cancelAsked()
                                                            ? new MachineRefusal.OperationCancelled(
                                                                    name, "migrate")
                                                            : new MigrationRefusal.RolledBack(
                                                                    vm,
                                                                    in.name(),
                                                                    record.source(),
                                                                    record.target(),
                                                                    record.source().value(),
                                                                    record.why()))
                                            .asStatus());
                        });
        return shown.build();
    }

    private static MigrationProgress progress(Measured.Progress progress) {
        return MigrationProgress.newBuilder()
                .setMemoryTotalBytes(progress.totalBytes())
                .setMemoryTransferredBytes(progress.transferredBytes())
                .setMemoryRemainingBytes(progress.remainingBytes())
                .setDirtyPagesPerSecond(progress.dirtyPagesPerSecond())
                .setIteration(progress.iteration())
                .setThroughputBytesPerSecond(progress.bytesPerSecond())
                .build();
    }

    private static Migration.State state(MigrationRecord.State state) {
        return switch (state) {
            case PREPARING -> Migration.State.STATE_PREPARING;
            case TRANSFERRING -> Migration.State.STATE_TRANSFERRING;
            case SWITCHING_OVER -> Migration.State.STATE_SWITCHING_OVER;
            case COMMITTING -> Migration.State.STATE_COMMITTING;
            case ADOPTING -> Migration.State.STATE_ADOPTING;
            case RETIRING -> Migration.State.STATE_RETIRING;
            case SUCCEEDED -> Migration.State.STATE_SUCCEEDED;
            case ROLLED_BACK -> Migration.State.STATE_ROLLED_BACK;
            case CANCELLED -> Migration.State.STATE_CANCELLED;
        };
    }
}
