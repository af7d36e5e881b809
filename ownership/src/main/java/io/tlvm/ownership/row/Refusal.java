package io.tlvm.ownership.row;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;

/** Why the coordinator will not let an event change a row. */
public sealed interface Refusal {

    /** The event belongs to another operation than the one in progress. */
    record OtherOperation(OperationId asked, OperationId inProgress) implements Refusal {}

    /** The event speaks of an epoch that is not the row's. */
    record OtherEpoch(Epoch asked, Epoch current) implements Refusal {}

    /** The event has no place in this phase. */
    record NotNow(Phase phase, Event event) implements Refusal {}

    /** The VM is being handed over or stopped; {@code inProgress} ends first. */
    record Busy(OperationId inProgress) implements Refusal {}

    /** A node that would be given the VM is not UP. */
    record NodeNotUp(NodeName node) implements Refusal {}

    /** The node that the VM would be taken from is not FENCED: it may run it. */
    record NodeNotFenced(NodeName node) implements Refusal {}

    /** Source and target do not name the same guest state. */
    record DigestsDiffer(Digest promised, Digest loaded) implements Refusal {}

    /** The last hand-over is not finished: its new owner has not said yet that the guest runs. */
    record HandoverOpen(NodeName prior) implements Refusal {}

    /** The target is the node that owns the VM already. */
    record AlreadyThere(NodeName node) implements Refusal {}
}
