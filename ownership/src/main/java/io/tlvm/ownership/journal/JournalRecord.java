package io.tlvm.ownership.journal;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.Phase.Mode;

/**
 * One durable sentence of a node about a VM. Appended and synced before anything that depends on it
 * is done.
 */
public sealed interface JournalRecord {

    /**
     * The highest row version and epoch of any accepted command: nothing older is ever obeyed
     * again.
     */
    record Seen(RowVersion rowVersion, Epoch epoch) implements JournalRecord {}

    /**
     * This node made the guest state for a create: sealed and synced in {@code directory}, appended
     * before the answer.
     */
    record Created(OperationId op, Epoch epoch, StateRef directory) implements JournalRecord {}

    /** This node started the target's processes of an attempt; they are started once (R4). */
    record Prepared(OperationId op, Epoch attemptEpoch, StateRef directory, NodeName source)
            implements JournalRecord {}

    /** This node sends its guest away. */
    record Outgoing(OperationId op, Epoch epoch, NodeName target) implements JournalRecord {}

    /** The attempt's directory is complete, sealed and synced, with this digest. */
    record Loaded(OperationId op, Epoch attemptEpoch, Digest digest) implements JournalRecord {}

    /**
     * This node stores a lost node's state in a directory of its own; repeated until it is done.
     */
    record Storing(OperationId op, Epoch attemptEpoch, StateRef directory)
            implements JournalRecord {}

    /** The recovered directory is complete, sealed and synced, with this digest. */
    record Stored(OperationId op, Epoch attemptEpoch, Digest digest) implements JournalRecord {}

    /** The irrevocable promise of a source: it has stopped, and the target loaded this digest. */
    record Released(OperationId op, Epoch epoch, Digest digest) implements JournalRecord {}

    /**
     * This node took the grant of an epoch.
     *
     * @param process the epoch under which the QEMU that runs it was started; its run directory is
     *     named by it
     */
    record Claim(OperationId op, Epoch epoch, Mode mode, StateRef directory, Epoch process)
            implements JournalRecord {}

    /** The guest runs under this epoch and its files are synced. */
    record Activated(Epoch epoch) implements JournalRecord {}

    /** This node goes no further in that attempt: it never sends, loads or adopts it. */
    record Refused(OperationId op, Epoch epoch) implements JournalRecord {}

    /** What this node had of that operation is destroyed, or was never made, and never will be. */
    record Tombstone(OperationId op, Epoch epoch) implements JournalRecord {}

    /** The VM is purged: nothing of it is ever started here again. */
    record Purged(OperationId op) implements JournalRecord {}
}
