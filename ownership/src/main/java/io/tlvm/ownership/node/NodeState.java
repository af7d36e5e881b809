package io.tlvm.ownership.node;

/** What the cluster decided about a node. */
public sealed interface NodeState {

    /** A member: VMs may be given to it, and none moves because it is lost. */
    record Up() implements NodeState {}

    /**
     * It is being given up, which is never taken back: it may not renew nor join. Whether it still
     * runs guests is not known, so none of them moves yet.
     *
     * @param reason why somebody gave it up
     */
    record Fencing(String reason) implements NodeState {}

    /**
     * Nothing of it runs: its VMs may be moved. It comes back by joining, after it cleaned up.
     *
     * @param reason why somebody gave it up
     */
    record Fenced(String reason, Evidence evidence) implements NodeState {}
}
