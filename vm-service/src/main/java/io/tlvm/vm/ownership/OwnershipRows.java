package io.tlvm.vm.ownership;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Decision;
import io.tlvm.ownership.row.Nodes;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Refusal;
import io.tlvm.vm.audit.Cause;
import io.tlvm.vm.audit.HandOverProof;
import io.tlvm.vm.migration.MigrationRecord;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where ownership rows live. Every method is one transaction. */
public interface OwnershipRows {

    /** The row as it is now. */
    Optional<OwnershipRow> read(VmUid vm);

    /**
     * Reads the row and the node rows, the latter locked against change until the end, and swaps in
     * what {@code transition} decides, in one transaction, which also notes it for the audit.
     */
    Swap swap(VmUid vm, Transition transition);

    /**
     * VMs whose row is owed a step, least recently changed first; a create is driven by its
     * operation alone.
     */
    List<VmUid> owing(int max);

    /**
     * VMs that a lost node concerns: those whose owner is FENCED, those that are on their way to a
     * node that is not UP, and those that are being recovered; in no order, so that those that must
     * stay do not hold up the others.
     */
    List<VmUid> lost(int max);

    /** Deleted VMs whose retention is over. */
    List<VmUid> purgeDue(int max);

    /** Every node that the row ever named: those that may hold state. */
    List<NodeName> holders(VmUid vm);

    /** Rows that name the node now, and rows of the given VMs. */
    List<OwnershipRow> concerning(NodeName node, Collection<VmUid> also);

    /** A pure decision about a row. Called once per attempt, inside the transaction. */
    interface Transition {
        /** Nodes that the decision asks about besides those that the row names. */
        Set<NodeName> asksAbout();

        /** What becomes of the row. */
        Decision decide(OwnershipRow row, Nodes nodes);

        /**
         * What becomes of the VM's migration record, given that {@code row} becomes {@code next}.
         */
        Optional<MigrationRecord> record(
                Optional<MigrationRecord> written, OwnershipRow row, OwnershipRow next);

        /** Why, for the audit. */
        Cause cause();

        /** What proves the hand-over that this change completes, if it completes one. */
        Optional<HandOverProof> handOver();
    }

    /** What came of a swap. */
    sealed interface Swap {
        /** Committed. */
        record Swapped(OwnershipRow row) implements Swap {}

        /** The row had it already. */
        record Unchanged(OwnershipRow row) implements Swap {}

        /** The rules forbid it. */
        record Denied(Refusal why) implements Swap {}

        /** Somebody else changed the row in between. */
        record Raced() implements Swap {}

        /** There is no row. */
        record Missing() implements Swap {}
    }
}
