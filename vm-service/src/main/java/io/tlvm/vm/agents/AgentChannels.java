package io.tlvm.vm.agents;

import com.google.protobuf.ByteString;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
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
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Stubs for agents: the address that the node joined with, and nobody but that node's agent behind
 * it.
 */
final class AgentChannels {
    private final ChannelFactory channels;
    private final TrustDomain trustDomain;
    private final NodeRecords nodes;

    /** Soft: who finds nobody at an address forgets it. */
    private final ConcurrentHashMap<NodeName, String> addresses = new ConcurrentHashMap<>();

    AgentChannels(ChannelFactory channels, TrustDomain trustDomain, NodeRecords nodes) {
        this.channels = channels;
        this.trustDomain = trustDomain;
        this.nodes = nodes;
    }

    /** A stub for one call with this bound. */
    IgvmAgentServiceBlockingStub stub(NodeName node, Duration bound) {
        String known = addresses.get(node);
        var channel =
                channels.channel(
                        HostPort.parse(known == null ? address(node) : known),
                        trustDomain.node(node.value()));
        return IgvmAgentServiceGrpc.newBlockingStub(channel)
                .withInterceptors(new ForgetUnreachable(node))
                .withDeadlineAfter(Math.max(1, bound.toMillis()), TimeUnit.MILLISECONDS);
    }

    /** The node's public key, 32 bytes, as it joined last; empty when it told none. */
    ByteString publicKey(NodeName node) {
        return nodes.find(node)
                .map(
                        found ->
                                ByteString.copyFrom(
                                        Base64.getDecoder()
                                                .decode(found.node().capabilities().publicKey())))
                .orElse(ByteString.EMPTY);
    }

    /** Where the node's agent is reached, host:port, as it joined last. */
    String address(NodeName node) {
        String address =
                nodes.find(node)
                        .map(Candidate::node)
                        .orElseThrow(
                                () ->
                                        Status.UNAVAILABLE
                                                .withDescription("node " + node + " never joined")
                                                .asRuntimeException())
                        .address();
        addresses.put(node, address);
        return address;
    }

    /** A node that is not reached may have joined from elsewhere since. */
    private final class ForgetUnreachable implements ClientInterceptor {
        private final NodeName node;

        ForgetUnreachable(NodeName node) {
            this.node = node;
        }

        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(
                MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<A> answers, Metadata headers) {
                    super.start(
                            new SimpleForwardingClientCallListener<>(answers) {
                                @Override
                                public void onClose(Status status, Metadata trailers) {
                                    if (status.getCode() == Status.Code.UNAVAILABLE) {
                                        addresses.remove(node);
                                    }
                                    super.onClose(status, trailers);
                                }
                            },
                            headers);
                }
            };
        }
    }
}
