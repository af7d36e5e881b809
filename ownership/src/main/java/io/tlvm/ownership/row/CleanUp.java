package io.tlvm.ownership.row;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;

import org.jspecify.annotations.Nullable;

/**
 * What a node still has to destroy; the row remembers it until the node's receipt.
 *
 * @param epoch the dead attempt's epoch, or the epoch under which the retired source last owned the
 *     VM
 * @param directory the directory, or null where the attempt never told of one
 */
public record CleanUp(
        Kind kind, NodeName node, OperationId op, Epoch epoch, @Nullable StateRef directory) {

    /** Why it is owed. */
    public enum Kind {
        /** The source of a finished hand-over. */
        RETIRE,
        /** The target of an aborted attempt. */
        DISCARD
    }
}
