package io.tlvm.vm.refusal;

import java.time.Duration;
import java.time.Instant;

/** Refusals about nodes, storage paths and watches. */
public sealed interface ClusterRefusal extends VmRefusal {

    /** No such node. */
    record NoSuchNode(String name) implements ClusterRefusal {}

    /** The node's agent is silent, so that nothing can be started there. */
    record NodeSilent(String node, Instant lastRenew) implements ClusterRefusal {}

    /** The node is being given up: it may neither renew nor join until that is decided. */
    record NodeFencing(String node) implements ClusterRefusal {}

    /** The node was fenced, and cleaned up by a row of this VM that is not the present one. */
    record NotClean(String node, String vm) implements ClusterRefusal {}

    /** The node renews: it is not lost. */
    record NodeRenews(String node, Instant lastRenew) implements ClusterRefusal {}

    /** The node was not given up before its death was confirmed. */
    record NotGivenUp(String node) implements ClusterRefusal {}

    /** More than half of the nodes would be given up. */
    record TooManyLost(String node, int lost, int nodes) implements ClusterRefusal {}

    /** A node spoke for another one. */
    record OtherNode(String caller, String asked) implements ClusterRefusal {}

    /** The node has to join before it renews: it never did, or it was restarted since. */
    record JoinFirst(String node) implements ClusterRefusal {}

    /** No row of that VM concerns the node. */
    record NoSuchRow(String vm) implements ClusterRefusal {}

    /** No such storage path. */
    record NoSuchStoragePath(String name) implements ClusterRefusal {}

    /** The name of the storage path is taken. */
    record StoragePathTaken(String name) implements ClusterRefusal {}

    /** The resume token is of another database or its history is gone. */
    record WatchExpired(String token) implements ClusterRefusal {}

    /** The watcher did not read for too long. */
    record WatcherTooSlow(String token, Duration patience) implements ClusterRefusal {}
}
