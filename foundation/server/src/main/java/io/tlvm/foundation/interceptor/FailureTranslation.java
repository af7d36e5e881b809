package io.tlvm.foundation.interceptor;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.quarkus.grpc.ExceptionHandler;
import io.quarkus.grpc.ExceptionHandlerProvider;

import jakarta.enterprise.context.ApplicationScoped;

/**
 * Takes the place of Quarkus' own translation of exceptions: a failing Uni, or an exception on a
 * virtual thread, would reach the client as UNKNOWN with the exception's text.
 */
@ApplicationScoped
class FailureTranslation implements ExceptionHandlerProvider {

    private final LastResort lastResort;

    FailureTranslation(LastResort lastResort) {
        this.lastResort = lastResort;
    }

    @Override
    public Throwable transform(Throwable thrown) {
        return lastResort.refusal(thrown, "(a Uni failed)");
    }

    @Override
    public <Q, R> ExceptionHandler<Q, R> createHandler(
            ServerCall.Listener<Q> listener, ServerCall<Q, R> call, Metadata headers) {
        return new ExceptionHandler<>(listener, call, headers) {
            @Override
            protected void handleException(
                    Throwable thrown, ServerCall<Q, R> failed, Metadata ignored) {
                var refusal =
                        lastResort.refusal(
                                thrown, failed.getMethodDescriptor().getFullMethodName());
                failed.close(refusal.getStatus(), LastResort.trailers(refusal));
            }
        };
    }
}
