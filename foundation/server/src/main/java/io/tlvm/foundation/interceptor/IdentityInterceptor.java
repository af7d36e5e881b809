package io.tlvm.foundation.interceptor;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.GlobalInterceptor;
import io.tlvm.foundation.access.Caller;
import io.tlvm.foundation.identity.IdentityRefusal;
import io.tlvm.foundation.identity.IdentityRefusal.NoCertificate;
import io.tlvm.foundation.identity.IdentityRefusal.OtherTrustDomain;
import io.tlvm.foundation.identity.IdentityRefusedException;
import io.tlvm.foundation.identity.PeerIdentity;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;

import org.jspecify.annotations.Nullable;

import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Clock;

import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Makes the {@link Caller} from the peer's certificate. The handshake checked the chain; the dates
 * are checked again on every call, because a connection may outlive its certificate and a resumed
 * session hides a replaced one.
 */
@GlobalInterceptor
@ApplicationScoped
class IdentityInterceptor implements ServerInterceptor, Prioritized {

    private final TrustDomain trustDomain;
    private final ErrorDomain domain;
    private final Clock clock;

    IdentityInterceptor(TrustDomain trustDomain, ErrorDomain domain, Clock clock) {
        this.trustDomain = trustDomain;
        this.domain = domain;
        this.clock = clock;
    }

    @Override
    public int getPriority() {
        return Order.IDENTITY;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Caller caller;
        try {
            caller = new Caller(peer(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION)));
        } catch (IdentityRefusedException refused) {
            var refusal = refuse(refused.refusal());
            call.close(refusal.getStatus(), LastResort.trailers(refusal));
            return new ServerCall.Listener<>() {};
        }
        return Contexts.interceptCall(caller.in(Context.current()), call, headers, next);
    }

    private PeerIdentity peer(@Nullable SSLSession session) {
        if (session == null) {
            throw new IdentityRefusedException(new NoCertificate());
        }
        try {
            Certificate[] chain = session.getPeerCertificates();
            if (!(chain[0] instanceof X509Certificate leaf)) {
                throw new IdentityRefusedException(new NoCertificate());
            }
            PeerIdentity peer = PeerIdentity.of(leaf, clock.instant());
            if (!peer.id().trustDomain().equals(trustDomain)) {
                throw new IdentityRefusedException(new OtherTrustDomain(trustDomain, peer.id()));
            }
            return peer;
        } catch (SSLPeerUnverifiedException anonymous) {
            throw new IdentityRefusedException(new NoCertificate());
        }
    }

    private StatusRuntimeException refuse(IdentityRefusal why) {
        return Refusal.of(ErrorReason.ERROR_REASON_PEER_IDENTITY_UNTRUSTED, domain)
                .what("%s", why.what())
                .asException();
    }
}
