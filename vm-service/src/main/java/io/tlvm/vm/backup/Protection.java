package io.tlvm.vm.backup;

import io.tlvm.vm.machine.Condition;
import io.tlvm.vm.machine.Machine;
import io.tlvm.vm.machine.MachineView;
import io.tlvm.vm.machine.Provisioning;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Whether a VM's guest state would be lost with its storage.
 *
 * @param ageMax a backup that is older does not count any more
 */
public record Protection(Duration ageMax) {

    /** Refuses what no clock can tell. */
    public Protection {
        if (ageMax.isZero() || ageMax.isNegative()) {
            throw new IllegalArgumentException("tlvm.vm.backup.age-max is " + ageMax);
        }
    }

    /**
     * The condition GuestStateBackedUp; while it is False, its time is since when the state is not
     * protected. Empty while there is no guest state to lose.
     */
    public Optional<Condition> of(MachineView view, Instant now) {
        Machine machine = view.machine();
        boolean hasState = view.row().map(row -> row.stateRef() != null).orElse(false);
        if (!hasState || machine.provisioning() != Provisioning.ACTIVE || view.deleted()) {
            return Optional.empty();
        }
        if (machine.backup().isEmpty()) {
            return Optional.of(
                    condition(
                            "False",
                            "NEVER",
                            "no backup of its guest state was ever made",
                            machine.createTime()));
        }
        Instant last = machine.backup().get().createTime();
        Instant end = last.plus(ageMax);
        return Optional.of(
                now.isBefore(end)
                        ? condition("True", "RECENT", "the last backup is of " + last, last)
                        : condition("False", "OVERDUE", "the last backup is of " + last, end));
    }

    private static Condition condition(
            String status, String reason, String message, Instant since) {
        return new Condition(Condition.GUEST_STATE_BACKED_UP, status, reason, message, since);
    }
}
