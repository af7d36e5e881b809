package io.tlvm.vm.machine;

/** Whether the guest runs, as far as it is known. */
public enum PowerState {
    /** vCPUs run. */
    RUNNING,
    /** A grant was given; the node has not said yet that the guest runs. */
    STARTING,
    /** A stop was ordered. */
    STOPPING,
    /** Nothing runs. */
    STOPPED,
    /** The node is silent. */
    UNKNOWN,
    /** The guest moves. */
    MIGRATING
}
