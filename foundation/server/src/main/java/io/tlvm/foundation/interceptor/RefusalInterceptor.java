package io.tlvm.foundation.interceptor;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.quarkus.grpc.GlobalInterceptor;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;

import org.jspecify.annotations.Nullable;

/**
 * The outermost of our interceptors: no call ends with UNKNOWN, a stack trace, or the text of an
 * exception. Covers what is thrown while a call is served and what reaches the call as UNKNOWN, the
 * status that grpc-java and Quarkus make of an exception that an observer or a Uni fails with.
 */
@GlobalInterceptor
@ApplicationScoped
class RefusalInterceptor implements ServerInterceptor, Prioritized {

    private final LastResort lastResort;

    RefusalInterceptor(LastResort lastResort) {
        this.lastResort = lastResort;
    }

    @Override
    public int getPriority() {
        return Order.REFUSAL;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        String method = call.getMethodDescriptor().getFullMethodName();
        var spoken = new GuardedCall<Q, R>(new Spoken<>(call, method));
        try {
            return new Caught<>(next.startCall(spoken, headers), spoken, method);
        } catch (RuntimeException unforeseen) {
            refuse(spoken, unforeseen, method);
            return new ServerCall.Listener<>() {};
        }
    }

    private void refuse(ServerCall<?, ?> call, RuntimeException thrown, String method) {
        var refusal = lastResort.refusal(thrown, method);
        call.close(refusal.getStatus(), LastResort.trailers(refusal));
    }

    /** Puts a refusal in the place of UNKNOWN. */
    private final class Spoken<Q, R> extends SimpleForwardingServerCall<Q, R> {
        private final String method;

        Spoken(ServerCall<Q, R> call, String method) {
            super(call);
            this.method = method;
        }

        @Override
        public void close(Status status, Metadata trailers) {
            if (status.getCode() != Status.Code.UNKNOWN) {
                super.close(status, trailers);
                return;
            }
            @Nullable Throwable cause = status.getCause();
            var refusal =
                    lastResort.refusal(cause == null ? status.asRuntimeException() : cause, method);
            super.close(refusal.getStatus(), LastResort.trailers(refusal));
        }
    }

    /** Answers what a listener throws; only what a call's own code throws gets here. */
    private final class Caught<Q> extends SimpleForwardingServerCallListener<Q> {
        private final ServerCall<Q, ?> call;
        private final String method;

        Caught(ServerCall.Listener<Q> listener, ServerCall<Q, ?> call, String method) {
            super(listener);
            this.call = call;
            this.method = method;
        }

        @Override
        public void onMessage(Q message) {
            guarded(() -> super.onMessage(message));
        }

        @Override
        public void onHalfClose() {
            guarded(super::onHalfClose);
        }

        @Override
        public void onReady() {
            guarded(super::onReady);
        }

        private void guarded(Runnable event) {
            try {
                event.run();
            } catch (RuntimeException unforeseen) {
                refuse(call, unforeseen, method);
            }
        }
    }
}
