package io.tlvm.ownership.journal;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;

import org.jspecify.annotations.Nullable;

import java.util.HashSet;
import java.util.Set;

/**
 * What a node that was fenced has to know of a row before it joins.
 *
 * @param ownerMayRun the phase is RUNNING, MIGRATING, HANDOVER or RELEASED: the owner may hold a
 *     guest with its memory
 * @param prior the owner before the last hand-over while it is open, or null
 * @param needed every directory that the row still names: {@code state_ref}, the attempt's, the
 *     prior owner's, and while the VM is being created the one that its create makes
 */
public record RowSeen(
        RowVersion version,
        Epoch epoch,
        NodeName owner,
        boolean ownerMayRun,
        @Nullable NodeName prior,
        Set<StateRef> needed) {

    public RowSeen {
        needed = Set.copyOf(needed);
    }

    public static RowSeen of(OwnershipRow row) {
        Set<StateRef> needed = new HashSet<>();
        if (row.stateRef() != null) {
            needed.add(row.stateRef());
        }
        OwnershipRow.Prior prior = row.prior();
        if (prior != null) {
            needed.add(prior.stateRef());
        }
        boolean mayRun =
                switch (row.phase()) {
                    case Phase.Running _ -> true;
                    case Phase.Migrating(var attempt) -> attempted(attempt, needed);
                    case Phase.Handover(var attempt) -> attempted(attempt, needed);
                    case Phase.Released(var attempt, _) -> attempted(attempt, needed);
                    case Phase.Recovering recovering -> {
                        needed.add(recovering.directory());
                        yield false;
                    }
                    case Phase.Creating(var op) -> {
                        needed.add(StateRef.ofAttempt(row.epoch(), op));
                        yield false;
                    }
                    case Phase.Stopped _, Phase.Deleting _, Phase.Purged _, Phase.Quarantined _ ->
                            false;
                };
        return new RowSeen(
                row.version(),
                row.epoch(),
                row.owner(),
                mayRun,
                prior == null ? null : prior.owner(),
                needed);
    }

    private static boolean attempted(Attempt attempt, Set<StateRef> needed) {
        if (attempt.prepared() != null) {
            needed.add(attempt.directory());
        }
        return true;
    }
}
