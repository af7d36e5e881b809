package io.tlvm.cli.connect;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

import java.io.PrintStream;
import java.time.Duration;

/**
 * A line per call on stderr: method, server, status, time. Never contents, which may hold what
 * belongs to users.
 */
public final class CallLog implements ClientInterceptor {

    private final PrintStream err;
    private final boolean wanted;

    /**
     * @param wanted false makes it do nothing
     */
    public CallLog(PrintStream err, boolean wanted) {
        this.err = err;
        this.wanted = wanted;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
            MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        ClientCall<Q, R> call = next.newCall(method, options);
        if (!wanted) {
            return call;
        }
        long begin = System.nanoTime();
        String to = method.getFullMethodName() + " at " + next.authority();
        return new SimpleForwardingClientCall<>(call) {
            @Override
            public void start(Listener<R> listener, Metadata headers) {
                super.start(
                        new SimpleForwardingClientCallListener<R>(listener) {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                err.printf(
                                        "debug: %s: %s after %d ms%n",
                                        to,
                                        status.getCode(),
                                        Duration.ofNanos(System.nanoTime() - begin).toMillis());
                                super.onClose(status, trailers);
                            }
                        },
                        headers);
            }
        };
    }
}
