package io.tlvm.foundation.interceptor;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import io.tlvm.foundation.access.AccessRules;
import io.tlvm.foundation.access.Caller;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;

/**
 * Lets a call pass only if the access table says so. Comes before anything that could tell what
 * exists (AIP-211).
 */
@GlobalInterceptor
@ApplicationScoped
class AccessInterceptor implements ServerInterceptor, Prioritized {

    private final AccessRules rules;
    private final ErrorDomain domain;

    AccessInterceptor(AccessRules rules, ErrorDomain domain) {
        this.rules = rules;
        this.domain = domain;
    }

    @Override
    public int getPriority() {
        return Order.ACCESS;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        String method = call.getMethodDescriptor().getFullMethodName();
        Caller caller = Caller.current();
        if (rules.admits(method, caller.id())) {
            return next.startCall(call, headers);
        }
        var refusal =
                Refusal.of(ErrorReason.ERROR_REASON_PERMISSION_DENIED, domain)
                        .what("%s may not call %s", caller.uri(), method)
                        .with("permission", method)
                        .with("caller", caller.uri())
                        .asException();
        call.close(refusal.getStatus(), LastResort.trailers(refusal));
        return new ServerCall.Listener<>() {};
    }
}
