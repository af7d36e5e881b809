package io.tlvm.vm.refusal;

import io.tlvm.ownership.id.NodeName;

import java.util.List;

/** Why no node gets the VM. */
public sealed interface PlacementRefusal extends VmRefusal {

    /** Why one node does not. */
    record Rejection(NodeName node, Cause cause, String reason) {}

    /** Kinds of rejections. */
    enum Cause {
        /** The request wants another node. */
        NOT_WANTED,
        /** The agent is silent. */
        UNREACHABLE,
        /** Not enough processors or memory. */
        CAPACITY,
        /** The node does not reach the storage path. */
        STORAGE,
        /** The node cannot run Trusted launch VMs. */
        TRUSTED_LAUNCH,
        /** The node has no hardware for virtualization-based security. */
        VBS
    }

    /** No node fits. */
    record NoNode(int vcpus, long memoryMib, List<Rejection> rejections)
            implements PlacementRefusal {}

    /** The wanted node has not enough room. */
    record NodeFull(NodeName node, int vcpus, long memoryMib, String reason)
            implements PlacementRefusal {}

    /** No node has hardware for virtualization-based security. */
    record VbsNowhere(String vm, List<Rejection> rejections) implements PlacementRefusal {}

    /** The wanted storage path does not exist. */
    record UnknownStoragePath(String path) implements PlacementRefusal {}

    /** The wanted node never joined. */
    record UnknownNode(String node) implements PlacementRefusal {}
}
