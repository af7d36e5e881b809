package io.tlvm.vm.failover;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.node.Evidence;
import io.tlvm.ownership.node.FenceRefusal;
import io.tlvm.ownership.node.NodeDecision;
import io.tlvm.ownership.node.NodeEvent;
import io.tlvm.vm.node.ClusterNode;
import io.tlvm.vm.node.NodeRecords;
import io.tlvm.vm.placement.Candidate;
import io.tlvm.vm.refusal.ClusterRefusal;
import io.tlvm.vm.refusal.VmRefused;

import org.jboss.logging.Logger;

/**
 * Gives nodes up, on a human's word. Both steps may be repeated; each is committed before anything
 * follows from it.
 */
public final class Fencing {
    private static final Logger AUDIT = Logger.getLogger("io.tlvm.vm.audit");

    private final NodeRecords nodes;

    public Fencing(NodeRecords nodes) {
        this.nodes = nodes;
    }

    /**
     * Gives the node up: from now on it may neither renew nor join. Its VMs stay where they are.
     *
     * @param force also if the node renews
     * @param pretend only look whether it may be
     * @throws VmRefused NoSuchNode, NodeRenews, TooManyLost
     */
    public Candidate giveUp(
            NodeName node, String reason, boolean force, boolean pretend, String actor) {
        ClusterNode found = require(node).node();
        if (found.reachable() && !force) {
            throw new VmRefused(new ClusterRefusal.NodeRenews(node.value(), found.lastRenew()));
        }
        if (!pretend) {
            decide(node, new NodeEvent.FenceAsked(reason), actor);
        }
        return require(node);
    }

    /**
     * Takes a human's word that nothing of the node runs. From now on its VMs may be moved.
     *
     * @throws VmRefused NoSuchNode, NotGivenUp
     */
    public Candidate confirm(NodeName node, String reason, String actor) {
        decide(
                node,
                new NodeEvent.DeathConfirmed(new Evidence.OperatorsWord(actor, reason)),
                actor);
        return require(node);
    }

    private void decide(NodeName node, NodeEvent event, String actor) {
        NodeDecision decision =
                nodes.decide(node, event, actor)
                        .orElseThrow(
                                () ->
                                        new VmRefused(
                                                new ClusterRefusal.NoSuchNode("nodes/" + node)));
        AUDIT.infof("node=%s event=%s actor=%s decision=%s", node, event, actor, decision);
        if (decision instanceof NodeDecision.Refused(var why)) {
            throw new VmRefused(
                    switch (why) {
                        case FenceRefusal.TooManyLost(var lost, var all) ->
                                new ClusterRefusal.TooManyLost(node.value(), lost, all);
                        case FenceRefusal.NotFencing _ ->
                                new ClusterRefusal.NotGivenUp(node.value());
                        case FenceRefusal.StillFencing _ ->
                                new ClusterRefusal.NodeFencing(node.value());
                    });
        }
    }

    private Candidate require(NodeName node) {
        return nodes.find(node)
                .orElseThrow(() -> new VmRefused(new ClusterRefusal.NoSuchNode("nodes/" + node)));
    }
}
