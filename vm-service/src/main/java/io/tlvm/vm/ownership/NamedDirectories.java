package io.tlvm.vm.ownership;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.OwnershipRow;

import java.util.LinkedHashSet;
import java.util.Set;

/** Directories of guest state that a row names. */
public final class NamedDirectories {
    private NamedDirectories() {}

    /** Those that the row names as made by this node. */
    public static Set<StateRef> of(OwnershipRow row, NodeName node) {
        Set<StateRef> named = new LinkedHashSet<>();
        StateRef state = row.stateRef();
        if (state != null && row.owner().equals(node)) {
            named.add(state);
        }
        OwnershipRow.Prior prior = row.prior();
        if (prior != null && prior.owner().equals(node)) {
            named.add(prior.stateRef());
        }
        OpenAttempt.of(row.phase())
                .filter(attempt -> attempt.target().equals(node))
                .ifPresent(attempt -> named.add(attempt.directory()));
        return named;
    }
}
