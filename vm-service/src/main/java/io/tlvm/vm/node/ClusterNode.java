package io.tlvm.vm.node;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.node.NodeState;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A host that joined.
 *
 * @param address its agent, host:port
 * @param state what was decided about it
 * @param stateTime when FENCING or FENCED was decided; empty while it is UP
 * @param reachable it is UP and renewed lately; computed by the clock of the database
 * @param storagePaths those that it reaches
 */
public record ClusterNode(
        NodeName name,
        String address,
        Capabilities capabilities,
        NodeState state,
        Optional<Instant> stateTime,
        boolean reachable,
        Instant lastRenew,
        List<String> storagePaths) {
    public ClusterNode {
        storagePaths = List.copyOf(storagePaths);
    }

    /** Why no VM is placed here, empty when VMs are. */
    public String unschedulableReason() {
        return switch (state) {
            case NodeState.Up _ -> reachable ? "" : "the agent is silent since " + lastRenew;
            case NodeState.Fencing(var reason) -> "the node is being given up: " + reason;
            case NodeState.Fenced(var reason, _) -> "the node was given up: " + reason;
        };
    }
}
