package io.tlvm.agent.machine;

import io.tlvm.agent.hypervisor.qemu.BoundedWait;
import io.tlvm.agent.hypervisor.qemu.MigrationInfo;
import io.tlvm.agent.hypervisor.qemu.MigrationStatus;
import io.tlvm.agent.hypervisor.qemu.QmpCommands;
import io.tlvm.agent.hypervisor.qemu.RunState;
import io.tlvm.ownership.id.VmUid;

import java.time.Duration;
import java.util.Optional;

/** What is left of a migration in a QEMU whose guest is to run on here. */
final class LeftMigration {
    private static final Duration SETTLING = Duration.ofSeconds(10);

    private LeftMigration() {}

    /**
     * How QEMU is when nothing moves any more.
     *
     * @param pause for how long the migration had stopped the guest
     */
    record Ended(RunState status, Duration pause) {}

    /**
     * Ends it and waits until QEMU has come to rest; a QMP answer alone proves nothing here.
     *
     * @throws MachineRefused when QEMU does not come to rest in time
     */
    static Ended end(QmpCommands qmp, VmUid vm) throws InterruptedException {
        MigrationInfo migration = qmp.migration().query();
        switch (migration.status()) {
            case PRE_SWITCHOVER, ACTIVE, SETUP -> qmp.migration().cancel();
            // A cancel after migrate-continue may leave the disk inactive under a running guest.
            case DEVICE -> qmp.migration().yank();
            case NONE,
                    CANCELLING,
                    CANCELLED,
                    COMPLETED,
                    FAILED,
                    POSTCOPY_ACTIVE,
                    POSTCOPY_PAUSED,
                    POSTCOPY_RECOVER,
                    COLO,
                    WAIT_UNPLUG -> {}
        }
        MigrationInfo end =
                qmp.migration()
                        .await(MigrationStatus::isTerminal, SETTLING)
                        .orElseThrow(
                                () ->
                                        new MachineRefusal.HypervisorFailed(
                                                        "the migration does not end")
                                                .of(vm));
        Optional<RunState> settled =
                BoundedWait.<RunState, RuntimeException>until(
                        SETTLING,
                        Duration.ofMillis(5),
                        () ->
                                Optional.of(qmp.status())
                                        .filter(status -> status != RunState.FINISH_MIGRATE));
        RunState status =
                settled.orElseThrow(
                        () ->
                                new MachineRefusal.HypervisorFailed(
                                                "the guest stays at finish-migrate")
                                        .of(vm));
        return new Ended(status, end.downtime().orElse(Duration.ZERO));
    }
}
