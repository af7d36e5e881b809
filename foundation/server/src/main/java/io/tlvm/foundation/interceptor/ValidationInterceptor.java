package io.tlvm.foundation.interceptor;

import com.google.protobuf.Message;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import io.tlvm.foundation.request.RequestRules;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;

/**
 * Checks requests against the rules in their protos, all at once. Of a stream only the first
 * message is checked: it opens the stream, and what follows is bulk whose content its receiver
 * checks.
 */
@GlobalInterceptor
@ApplicationScoped
class ValidationInterceptor implements ServerInterceptor, Prioritized {

    private final RequestRules rules;

    ValidationInterceptor(RequestRules rules) {
        this.rules = rules;
    }

    @Override
    public int getPriority() {
        return Order.VALIDATION;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            private boolean checked;
            private boolean rejected;

            @Override
            public void onMessage(Q message) {
                if (rejected) {
                    return;
                }
                if (!checked && message instanceof Message request) {
                    checked = true;
                    var refusal = rules.check(request);
                    if (refusal.isPresent()) {
                        rejected = true;
                        call.close(refusal.get().getStatus(), LastResort.trailers(refusal.get()));
                        return;
                    }
                }
                super.onMessage(message);
            }

            @Override
            public void onHalfClose() {
                if (!rejected) {
                    super.onHalfClose();
                }
            }
        };
    }
}
