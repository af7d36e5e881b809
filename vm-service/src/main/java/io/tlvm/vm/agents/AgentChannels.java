package io.tlvm.vm.agents;

import io.grpc.Status;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.node.v1.IgvmAgentServiceGrpc;
import io.tlvm.node.v1.IgvmAgentServiceGrpc.IgvmAgentServiceBlockingStub;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.vm.node.NodeRecords;
import io.tlvm.vm.placement.Candidate;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Stubs for agents: the address that the node joined with, and nobody but that node's agent behind
 * it.
 */
final class AgentChannels {
    private final ChannelFactory channels;
    private final TrustDomain trustDomain;
    private final NodeRecords nodes;

    AgentChannels(ChannelFactory channels, TrustDomain trustDomain, NodeRecords nodes) {
        this.channels = channels;
        this.trustDomain = trustDomain;
        this.nodes = nodes;
    }

    /** A stub for one call with this bound. */
    IgvmAgentServiceBlockingStub stub(NodeName node, Duration bound) {
        var channel =
                channels.channel(HostPort.parse(address(node)), trustDomain.node(node.value()));
        return IgvmAgentServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(Math.max(1, bound.toMillis()), TimeUnit.MILLISECONDS);
    }

    /** Where the node's agent is reached, host:port. */
    String address(NodeName node) {
        return nodes.find(node)
                .map(Candidate::node)
                .orElseThrow(
                        () ->
                                Status.UNAVAILABLE
                                        .withDescription("node " + node + " never joined")
                                        .asRuntimeException())
                .address();
    }
}
