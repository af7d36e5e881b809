package io.tlvm.ownership.node;

/** Why an event does not change what was decided about a node. */
public sealed interface FenceRefusal {

    /**
     * With this node more than half of the cluster would be given up, so rather the one who looks
     * is cut off.
     *
     * @param lost nodes that are FENCING or FENCED already
     */
    record TooManyLost(int lost, int nodes) implements FenceRefusal {}

    /** A death is confirmed only of a node that was given up first. */
    record NotFencing() implements FenceRefusal {}

    /** The node is being given up; what becomes of it is not decided yet. */
    record StillFencing() implements FenceRefusal {}
}
