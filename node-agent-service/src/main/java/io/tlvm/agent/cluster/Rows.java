package io.tlvm.agent.cluster;

import io.tlvm.agent.machine.Returned;
import io.tlvm.node.v1.CleanedMachine;
import io.tlvm.node.v1.OwnershipView;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.RowSeen;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/** Rows as vm-service tells them, as far as a node that comes back has to know them. */
final class Rows {
    /** Phases in which the owner may hold a guest with its memory. */
    private static final Set<String> OWNER_MAY_RUN =
            Set.of("RUNNING", "MIGRATING", "HANDOVER", "RELEASED");

    private Rows() {}

    static RowSeen seen(OwnershipView row) {
        Set<StateRef> needed = new HashSet<>();
        Stream.of(row.getStateRef(), row.getTargetDir(), row.getPriorRef())
                .filter(ref -> !ref.isEmpty())
                .map(StateRef::new)
                .forEach(needed::add);
        if (row.getPhase().equals("CREATING")) {
            needed.add(
                    StateRef.ofAttempt(new Epoch(row.getEpoch()), new OperationId(row.getOpId())));
        }
        return new RowSeen(
                new RowVersion(row.getRowVersion()),
                new Epoch(row.getEpoch()),
                new NodeName(row.getOwner()),
                OWNER_MAY_RUN.contains(row.getPhase()),
                row.getPriorOwner().isEmpty() ? null : new NodeName(row.getPriorOwner()),
                needed);
    }

    static CleanedMachine cleaned(OwnershipView row, Returned returned) {
        return CleanedMachine.newBuilder()
                .setVmUid(row.getVmUid())
                .setRowVersion(row.getRowVersion())
                .setKilled(returned.killed())
                .addAllDestroyed(returned.destroyed().stream().map(StateRef::value).toList())
                .build();
    }
}
