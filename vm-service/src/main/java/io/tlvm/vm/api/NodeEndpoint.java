package io.tlvm.vm.api;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.tlvm.compute.v1.GetNodeRequest;
import io.tlvm.compute.v1.ListNodesRequest;
import io.tlvm.compute.v1.ListNodesResponse;
import io.tlvm.compute.v1.Node;
import io.tlvm.compute.v1.NodeService;
import io.tlvm.vm.node.ClusterNode;
import io.tlvm.vm.node.NodeRecords;
import io.tlvm.vm.placement.Candidate;
import io.tlvm.vm.refusal.ClusterRefusal;
import io.tlvm.vm.refusal.VmRefused;

/** tlvm.compute.v1.NodeService. */
@GrpcService
class NodeEndpoint implements NodeService {
    private final NodeRecords nodes;
    private final Pages pages;

    NodeEndpoint(NodeRecords nodes, Pages pages) {
        this.nodes = nodes;
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

    private static Node node(Candidate candidate) {
        ClusterNode node = candidate.node();
        return Node.newBuilder()
                .setName("nodes/" + node.name())
                .setState(node.reachable() ? Node.State.STATE_UP : Node.State.STATE_UNREACHABLE)
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
