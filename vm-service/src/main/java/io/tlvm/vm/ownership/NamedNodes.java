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
        OpenAttempt.target(row.phase()).ifPresent(names::add);
        if (row.phase() instanceof Phase.Purged(_, var owed)) {
            names.addAll(owed);
        }
        return names;
    }
}
