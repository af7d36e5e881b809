package io.tlvm.foundation.interceptor;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import io.tlvm.foundation.config.TlvmConfig;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Bounds unary calls whose client gave no deadline: afterwards the context is cancelled and the
 * client gets TIMED_OUT. Work with durable effects goes on; it belongs into an operation.
 */
@GlobalInterceptor
@ApplicationScoped
class DeadlineInterceptor implements ServerInterceptor, Prioritized {

    private final Duration deadline;
    private final ErrorDomain domain;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("call-deadlines").factory());

    DeadlineInterceptor(TlvmConfig config) {
        this.deadline = config.grpc().defaultDeadline();
        this.domain = config.errorDomain();
    }

    @Override
    public int getPriority() {
        return Order.DEADLINE;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        boolean unary = call.getMethodDescriptor().getType() == MethodDescriptor.MethodType.UNARY;
        if (!unary || Context.current().getDeadline() != null) {
            return next.startCall(call, headers);
        }
        var context =
                Context.current()
                        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS, timer);
        var guarded = new GuardedCall<Q, R>(call);
        context.addListener(
                ended -> {
                    if (ended.cancellationCause() instanceof TimeoutException) {
                        var refusal =
                                Refusal.of(ErrorReason.ERROR_REASON_TIMED_OUT, domain)
                                        .what(
                                                "the call did not end within %s, which holds"
                                                        + " without a deadline",
                                                deadline)
                                        .with("timeout", deadline)
                                        .asException();
                        guarded.close(refusal.getStatus(), LastResort.trailers(refusal));
                    }
                },
                timer);
        return new SimpleForwardingServerCallListener<>(
                Contexts.interceptCall(context, guarded, headers, next)) {
            @Override
            public void onComplete() {
                context.cancel(null);
                super.onComplete();
            }

            @Override
            public void onCancel() {
                context.cancel(null);
                super.onCancel();
            }
        };
    }

    @PreDestroy
    void stop() {
        timer.shutdownNow();
    }
}
