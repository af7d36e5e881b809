package io.tlvm.vm.api;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.tlvm.compute.v1.Condition;
import io.tlvm.compute.v1.ConfirmFencedRequest;
import io.tlvm.compute.v1.FenceNodeRequest;
import io.tlvm.compute.v1.GetNodeRequest;
import io.tlvm.compute.v1.ListNodesRequest;
import io.tlvm.compute.v1.ListNodesResponse;
import io.tlvm.compute.v1.Node;
import io.tlvm.compute.v1.NodeService;
import io.tlvm.foundation.access.Caller;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.node.Evidence;
import io.tlvm.ownership.node.NodeState;
import io.tlvm.vm.failover.Fencing;
import io.tlvm.vm.node.ClusterNode;
import io.tlvm.vm.node.NodeRecords;
import io.tlvm.vm.placement.Candidate;
import io.tlvm.vm.refusal.ClusterRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.util.Optional;

/** tlvm.compute.v1.NodeService. */
@GrpcService
class NodeEndpoint implements NodeService {
    private final NodeRecords nodes;
    private final Fencing fencing;
    private final Pages pages;

    NodeEndpoint(NodeRecords nodes, Fencing fencing, Pages pages) {
        this.nodes = nodes;
        this.fencing = fencing;
        this.pages = pages;
    }

    @Override
    public Uni<Node> getNode(GetNodeRequest request) {
        return Answer.of(
                () ->
                        Translate.node(request.getName())
                                .flatMap(nodes::find)
                                .map(NodeEndpoint::node)
                                .orElseThrow(
                                        () ->
                                                new VmRefused(
                                                        new ClusterRefusal.NoSuchNode(
                                                                request.getName()))));
    }

    @Override
    public Uni<ListNodesResponse> listNodes(ListNodesRequest request) {
        return Answer.of(
                () -> {
                    var page =
                            pages.read(
                                    request.getPageSize(),
                                    request.getPageToken(),
                                    request,
                                    nodes::list,
                                    candidate -> candidate.node().name().value());
                    return ListNodesResponse.newBuilder()
                            .addAllNodes(page.items().stream().map(NodeEndpoint::node).toList())
                            .setNextPageToken(page.next())
                            .build();
                });
    }

    @Override
    public Uni<Node> fenceNode(FenceNodeRequest request) {
        return Answer.of(
                () ->
                        node(
                                fencing.giveUp(
                                        required(request.getName()),
                                        request.getReason(),
                                        request.getForce(),
                                        request.getValidateOnly(),
                                        Caller.current().uri())));
    }

    @Override
    public Uni<Node> confirmFenced(ConfirmFencedRequest request) {
        return Answer.of(
                () ->
                        node(
                                fencing.confirm(
                                        required(request.getName()),
                                        request.getOperatorsWord().getReason(),
                                        Caller.current().uri())));
    }

    private static NodeName required(String name) {
        return Translate.node(name)
                .orElseThrow(() -> new VmRefused(new ClusterRefusal.NoSuchNode(name)));
    }

    private static Node.State state(ClusterNode node) {
        return switch (node.state()) {
            case NodeState.Up _ ->
                    node.reachable() ? Node.State.STATE_UP : Node.State.STATE_UNREACHABLE;
            case NodeState.Fencing _ -> Node.State.STATE_FENCING;
            case NodeState.Fenced _ -> Node.State.STATE_FENCED;
        };
    }

    /** Why the node is given up, and on whose word it is dead. */
    private static Optional<Condition> condition(ClusterNode node) {
        return switch (node.state()) {
            case NodeState.Up _ -> Optional.empty();
            case NodeState.Fencing(var reason) -> Optional.of(givenUp(node, "FENCING", reason));
            case NodeState.Fenced(var reason, Evidence.OperatorsWord(var actor, var word)) ->
                    Optional.of(
                            givenUp(
                                    node,
                                    "OPERATORS_WORD",
                                    "%s; %s says that it is dead: %s"
                                            .formatted(reason, actor, word)));
        };
    }

    private static Condition givenUp(ClusterNode node, String reason, String message) {
        var shown =
                Condition.newBuilder()
                        .setType("GivenUp")
                        .setStatus("True")
                        .setReason(reason)
                        .setMessage(message);
        node.stateTime().map(Translate::proto).ifPresent(shown::setLastTransitionTime);
        return shown.build();
    }

    private static Node node(Candidate candidate) {
        ClusterNode node = candidate.node();
        return Node.newBuilder()
                .setName("nodes/" + node.name())
                .setState(state(node))
                .addAllConditions(condition(node).stream().toList())
                .setAddress(node.address())
                .setCapabilities(TranslateNode.proto(node.capabilities()))
                .setVcpuUsed(candidate.vcpusUsed())
                .setMemoryMibUsed(candidate.memoryMibUsed())
                .setVmCount(candidate.machines())
                .setLastRenewTime(Translate.proto(node.lastRenew()))
                .setUnschedulableReason(node.unschedulableReason())
                .addAllStoragePaths(node.storagePaths())
                .build();
    }
}
