package io.tlvm.agent.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.tlvm.agent.transfer.TransferAdmission;
import io.tlvm.agent.transfer.TransferSession;
import io.tlvm.foundation.access.Caller;
import io.tlvm.node.v1.GuestStateTransferServiceGrpc;
import io.tlvm.node.v1.TransferRequest;
import io.tlvm.node.v1.TransferResponse;

import jakarta.inject.Provider;

/**
 * tlvm.node.v1.GuestStateTransferService. The observer API, because Mutiny's gRPC streams have no
 * back-pressure.
 */
@GrpcService
class GuestStateTransferEndpoint
        extends GuestStateTransferServiceGrpc.GuestStateTransferServiceImplBase {
    private final Provider<TransferAdmission> admission;

    GuestStateTransferEndpoint(Provider<TransferAdmission> admission) {
        this.admission = admission;
    }

    @Override
    public StreamObserver<TransferRequest> transfer(StreamObserver<TransferResponse> responses) {
        return TransferSession.serve(
                admission::get,
                Caller.current().id().name(),
                Refusals::of,
                (ServerCallStreamObserver<TransferResponse>) responses);
    }
}
