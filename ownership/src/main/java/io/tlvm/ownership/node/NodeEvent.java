package io.tlvm.ownership.node;

/** Everything that may change what the cluster decided about a node. */
public sealed interface NodeEvent {

    /** Somebody gives the node up. */
    record FenceAsked(String reason) implements NodeEvent {}

    /** It is certain that nothing of the node runs. */
    record DeathConfirmed(Evidence evidence) implements NodeEvent {}

    /**
     * The node asks to be a member; if it was fenced, it has cleaned up by the rows as they are.
     */
    record JoinAsked() implements NodeEvent {}
}
