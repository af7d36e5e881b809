package io.tlvm.ownership.node;

import io.tlvm.ownership.node.NodeDecision.Already;
import io.tlvm.ownership.node.NodeDecision.Next;
import io.tlvm.ownership.node.NodeDecision.Refused;
import io.tlvm.ownership.node.NodeEvent.DeathConfirmed;
import io.tlvm.ownership.node.NodeEvent.FenceAsked;
import io.tlvm.ownership.node.NodeEvent.JoinAsked;
import io.tlvm.ownership.node.NodeState.Fenced;
import io.tlvm.ownership.node.NodeState.Fencing;
import io.tlvm.ownership.node.NodeState.Up;

/**
 * How a node is given up and comes back.
 *
 * <pre>
 * UP       FenceAsked → FENCING
 * FENCING  DeathConfirmed → FENCED     (JoinAsked is refused; nothing leads back to UP from here)
 * FENCED   JoinAsked → UP
 * </pre>
 */
public final class Fence {
    private Fence() {}

    /**
     * What {@code event} makes of {@code state}.
     *
     * @param nodes how many nodes the cluster has
     * @param lost how many of the others are FENCING or FENCED
     */
    public static NodeDecision decide(NodeState state, NodeEvent event, int nodes, int lost) {
        return switch (state) {
            case Up up ->
                    switch (event) {
                        case FenceAsked(var reason) ->
                                2 * (lost + 1) > nodes
                                        ? new Refused(new FenceRefusal.TooManyLost(lost, nodes))
                                        : new Next(new Fencing(reason));
                        case DeathConfirmed _ -> new Refused(new FenceRefusal.NotFencing());
                        case JoinAsked _ -> new Already(up);
                    };
            case Fencing fencing ->
                    switch (event) {
                        case FenceAsked _ -> new Already(fencing);
                        case DeathConfirmed(var evidence) ->
                                new Next(new Fenced(fencing.reason(), evidence));
                        case JoinAsked _ -> new Refused(new FenceRefusal.StillFencing());
                    };
            case Fenced fenced ->
                    switch (event) {
                        case FenceAsked _, DeathConfirmed _ -> new Already(fenced);
                        case JoinAsked _ -> new Next(new Up());
                    };
        };
    }
}
