package io.tlvm.foundation.probe;

import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.tlvm.foundation.access.Caller;
import io.tlvm.probe.v1.AskRequest;
import io.tlvm.probe.v1.AskResponse;
import io.tlvm.probe.v1.ProbeStreamServiceGrpc;

@GrpcService
class ProbeStreamEndpoint extends ProbeStreamServiceGrpc.ProbeStreamServiceImplBase {

    @Override
    public StreamObserver<AskRequest> count(StreamObserver<AskResponse> answer) {
        String caller = Caller.current().uri();
        return new StreamObserver<>() {
            private int count;

            @Override
            public void onNext(AskRequest request) {
                count++;
                if (request.getBehaviour() == AskRequest.Behaviour.BEHAVIOUR_THROW) {
                    throw new IllegalStateException("secret inner detail");
                }
                if (request.getBehaviour() == AskRequest.Behaviour.BEHAVIOUR_FAIL) {
                    answer.onError(new IllegalStateException("secret inner detail"));
                }
            }

            @Override
            public void onError(Throwable gone) {
                // The client went away; there is nobody to tell.
            }

            @Override
            public void onCompleted() {
                answer.onNext(AskResponse.newBuilder().setCaller(caller).setCount(count).build());
                answer.onCompleted();
            }
        };
    }
}
