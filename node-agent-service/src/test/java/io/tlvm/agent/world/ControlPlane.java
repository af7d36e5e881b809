package io.tlvm.agent.world;

import com.google.protobuf.Duration;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.node.v1.ClusterServiceGrpc;
import io.tlvm.node.v1.GetOwnershipRequest;
import io.tlvm.node.v1.GetOwnershipResponse;
import io.tlvm.node.v1.GetStandingRequest;
import io.tlvm.node.v1.GetStandingResponse;
import io.tlvm.node.v1.JoinRequest;
import io.tlvm.node.v1.JoinResponse;
import io.tlvm.node.v1.NodeStanding;
import io.tlvm.node.v1.RenewRequest;
import io.tlvm.node.v1.RenewResponse;
import io.tlvm.node.v1.StorageLocation;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** A vm-service that admits every node and knows one storage path and no VM. */
final class ControlPlane extends ClusterServiceGrpc.ClusterServiceImplBase
        implements AutoCloseable {
    private final StorageLocation storage;
    private final PkiDirectory identity;
    private final Server server;

    ControlPlane(PkiDirectory identity, StorageLocation storage) throws IOException {
        this.identity = identity;
        this.storage = storage;
        this.server =
                NettyServerBuilder.forPort(0)
                        .sslContext(
                                GrpcSslContexts.configure(
                                                SslContextBuilder.forServer(identity.keyManager())
                                                        .trustManager(identity.trustManager())
                                                        .clientAuth(ClientAuth.REQUIRE)
                                                        .protocols("TLSv1.3"),
                                                SslProvider.JDK)
                                        .build())
                        .permitKeepAliveTime(1, TimeUnit.SECONDS)
                        .addService(this)
                        .build()
                        .start();
    }

    String address() {
        return "127.0.0.1:" + server.getPort();
    }

    @Override
    public void getStanding(
            GetStandingRequest request, StreamObserver<GetStandingResponse> answer) {
        answer.onNext(
                GetStandingResponse.newBuilder()
                        .setStanding(NodeStanding.NODE_STANDING_NEW)
                        .build());
        answer.onCompleted();
    }

    @Override
    public void join(JoinRequest request, StreamObserver<JoinResponse> answer) {
        answer.onNext(
                JoinResponse.newBuilder()
                        .setRenewInterval(Duration.newBuilder().setSeconds(1))
                        .addStoragePaths(storage)
                        .build());
        answer.onCompleted();
    }

    @Override
    public void renew(RenewRequest request, StreamObserver<RenewResponse> answer) {
        answer.onNext(RenewResponse.newBuilder().addStoragePaths(storage).build());
        answer.onCompleted();
    }

    @Override
    public void getOwnership(
            GetOwnershipRequest request, StreamObserver<GetOwnershipResponse> answer) {
        answer.onError(Status.NOT_FOUND.asRuntimeException());
    }

    @Override
    public void close() {
        server.shutdownNow();
        identity.close();
    }
}
