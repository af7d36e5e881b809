package io.tlvm.foundation.tls;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.MethodDescriptor;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Gives unary calls a deadline when the caller gave none. A blocking call without one waits for
 * ever when the server's event loop is stuck. Streams are left alone: they live as long as their
 * purpose.
 */
final class DefaultDeadline implements ClientInterceptor {

    private final Duration deadline;

    DefaultDeadline(Duration deadline) {
        this.deadline = deadline;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
            MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        boolean given = options.getDeadline() != null || Context.current().getDeadline() != null;
        boolean unary = method.getType() == MethodDescriptor.MethodType.UNARY;
        return next.newCall(
                method,
                given || !unary
                        ? options
                        : options.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS));
    }
}
