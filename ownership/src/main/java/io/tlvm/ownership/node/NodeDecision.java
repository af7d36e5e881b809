package io.tlvm.ownership.node;

/** What becomes of a node's state by an event. */
public sealed interface NodeDecision {

    /** The state to write. */
    record Next(NodeState state) implements NodeDecision {}

    /** It is so already; a repeated call gets the same answer. */
    record Already(NodeState state) implements NodeDecision {}

    /** The event must not change the state. */
    record Refused(FenceRefusal why) implements NodeDecision {}
}
