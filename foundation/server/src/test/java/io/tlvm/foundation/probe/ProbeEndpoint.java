package io.tlvm.foundation.probe;

import io.grpc.Context;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.access.Caller;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.foundation.request.CallThread;
import io.tlvm.probe.v1.AskRequest;
import io.tlvm.probe.v1.AskResponse;
import io.tlvm.probe.v1.ProbeService;
import io.tlvm.type.v1.ErrorReason;

import java.net.ConnectException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

@GrpcService
class ProbeEndpoint implements ProbeService {

    private final AtomicInteger served = new AtomicInteger();

    int served() {
        return served.get();
    }

    @Override
    public Uni<AskResponse> ask(AskRequest request) {
        return answer(request);
    }

    @Override
    public Uni<AskResponse> askAsService(AskRequest request) {
        return answer(request);
    }

    @Override
    public Uni<AskResponse> askAsAdministrator(AskRequest request) {
        return answer(request);
    }

    @Override
    public Uni<AskResponse> askBlocking(AskRequest request) {
        return CallThread.of(() -> answer(request).await().indefinitely());
    }

    private Uni<AskResponse> answer(AskRequest request) {
        served.incrementAndGet();
        return switch (request.getBehaviour()) {
            case BEHAVIOUR_ANSWER -> Uni.createFrom().item(seen());
            case BEHAVIOUR_REFUSE ->
                    throw Refusal.of(ErrorReason.ERROR_REASON_VM_NOT_FOUND, ErrorDomain.COMPUTE)
                            .what("no VM %s", "web01")
                            .asException();
            case BEHAVIOUR_THROW -> throw new IllegalStateException("secret inner detail");
            case BEHAVIOUR_FAIL ->
                    Uni.createFrom().failure(new IllegalStateException("secret inner detail"));
            case BEHAVIOUR_DATABASE ->
                    Uni.createFrom()
                            .failure(
                                    new CompletionException(
                                            new ConnectException("secret address")));
            case BEHAVIOUR_SILENCE -> Uni.createFrom().nothing();
            case BEHAVIOUR_UNSPECIFIED, UNRECOGNIZED ->
                    throw new AssertionError("validation let " + request + " pass");
        };
    }

    private static AskResponse seen() {
        var deadline = Context.current().getDeadline();
        return AskResponse.newBuilder()
                .setCaller(Caller.current().uri())
                .setDeadlineMillis(
                        deadline == null ? 0 : deadline.timeRemaining(TimeUnit.MILLISECONDS))
                .setVirtualThread(Thread.currentThread().isVirtual())
                .build();
    }
}
