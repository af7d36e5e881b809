package io.tlvm.vm.ownership;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;

import java.util.SortedSet;
import java.util.TreeSet;

/** Which nodes a row concerns. */
public final class NamedNodes {
    private NamedNodes() {}

    /**
     * Every node that the row names now: owner, target, prior owner, and those that owe a clean-up
     * or a receipt.
     */
    public static SortedSet<NodeName> of(OwnershipRow row) {
        SortedSet<NodeName> names = new TreeSet<>();
        names.add(row.owner());
        OwnershipRow.Prior prior = row.prior();
        if (prior != null) {
            names.add(prior.owner());
        }
        row.cleanUps().forEach(cleanUp -> names.add(cleanUp.node()));
        switch (row.phase()) {
            case Phase.Migrating(var attempt) -> names.add(attempt.target());
            case Phase.Handover(var attempt) -> names.add(attempt.target());
            case Phase.Released(var attempt, _) -> names.add(attempt.target());
            case Phase.Purged(_, var owed) -> names.addAll(owed);
            case Phase.Creating _,
                    Phase.Stopped _,
                    Phase.Running _,
                    Phase.Deleting _,
                    Phase.Quarantined _ -> {
                // the owner alone
            }
        }
        return names;
    }
}
