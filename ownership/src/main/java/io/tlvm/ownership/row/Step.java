package io.tlvm.ownership.row;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.StopMode;

/**
 * A call to one agent that a row is owed. It may be repeated; its answer comes back as an {@link
 * Event}.
 */
public sealed interface Step {

    /** The node that the step calls. */
    NodeName node();

    /** Make TPM and UEFI variables, once. */
    record CreateState(NodeName node, OperationId op, Epoch epoch) implements Step {}

    /** Leave to run: good for one start. */
    record Run(NodeName node, OperationId op, Epoch epoch, Mode mode, StateRef directory)
            implements Step {}

    /** End the guest. */
    record Stop(NodeName node, OperationId op, Epoch epoch, StopMode mode) implements Step {}

    /** Step 2 of a live migration, at the target. */
    record PrepareTarget(Attempt attempt, NodeName source) implements Step {
        @Override
        public NodeName node() {
            return attempt.target();
        }
    }

    /** Steps 3 to 5, at the source. */
    record Transfer(Attempt attempt, NodeName node, Epoch epoch) implements Step {}

    /** Steps 7 to 9, at the source. */
    record SwitchOver(Attempt attempt, NodeName node, Epoch epoch) implements Step {}

    /** Steps 8 and 10, at the target. */
    record ConfirmLoaded(Attempt attempt) implements Step {
        @Override
        public NodeName node() {
            return attempt.target();
        }
    }

    /**
     * Recovery: store what {@code from} holds, which {@code source} sealed and which lies on a path
     * that this node reaches, in {@code into}.
     */
    record StoreState(
            NodeName node,
            OperationId op,
            Epoch epoch,
            NodeName source,
            StateRef from,
            StateRef into)
            implements Step {}

    /** Step 13, or the undo at the target of an aborted attempt. */
    record Destroy(CleanUp cleanUp) implements Step {
        @Override
        public NodeName node() {
            return cleanUp.node();
        }
    }

    /** Destroy everything of a purged VM. */
    record Purge(NodeName node, OperationId op) implements Step {}
}
