package io.tlvm.vm.node;

import io.tlvm.ownership.id.NodeName;

import java.time.Instant;
import java.util.List;

/**
 * A host that joined.
 *
 * @param address its agent, host:port
 * @param reachable it renewed lately; computed by the clock of the database
 * @param storagePaths those that it reaches
 */
public record ClusterNode(
        NodeName name,
        String address,
        Capabilities capabilities,
        boolean reachable,
        Instant lastRenew,
        List<String> storagePaths) {
    public ClusterNode {
        storagePaths = List.copyOf(storagePaths);
    }

    /** Why no VM is placed here, empty when VMs are. */
    public String unschedulableReason() {
        return reachable ? "" : "the agent is silent since " + lastRenew;
    }
}
