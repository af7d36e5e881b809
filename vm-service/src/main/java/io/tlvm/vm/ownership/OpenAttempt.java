package io.tlvm.vm.ownership;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.Phase;

import java.util.Optional;

/** The attempt to migrate that a phase carries. */
public final class OpenAttempt {
    private OpenAttempt() {}

    /** The node that a VM is on its way to. */
    public static Optional<NodeName> target(Phase phase) {
        return phase instanceof Phase.Recovering recovering
                ? Optional.of(recovering.target())
                : of(phase).map(Attempt::target);
    }

    /** Empty in phases without one. */
    public static Optional<Attempt> of(Phase phase) {
        return switch (phase) {
            case Phase.Migrating(var attempt) -> Optional.of(attempt);
            case Phase.Handover(var attempt) -> Optional.of(attempt);
            case Phase.Released(var attempt, _) -> Optional.of(attempt);
            case Phase.Creating _,
                    Phase.Stopped _,
                    Phase.Running _,
                    Phase.Recovering _,
                    Phase.Deleting _,
                    Phase.Purged _,
                    Phase.Quarantined _ ->
                    Optional.empty();
        };
    }
}
