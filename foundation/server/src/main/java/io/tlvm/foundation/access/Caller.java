package io.tlvm.foundation.access;

import io.grpc.Context;
import io.tlvm.foundation.identity.PeerIdentity;
import io.tlvm.foundation.identity.SpiffeId;

import org.jspecify.annotations.Nullable;

/** The peer on whose behalf a call runs. Made by one interceptor, travels in the gRPC context. */
public record Caller(PeerIdentity peer) {

    private static final Context.Key<Caller> KEY = Context.key("tlvm-caller");

    /** The caller's id. */
    public SpiffeId id() {
        return peer.id();
    }

    /** The id as text, for audit records and {@code Operation} requesters. */
    public String uri() {
        return peer.id().uri();
    }

    /** This caller in a context derived from {@code context}. */
    public Context in(Context context) {
        return context.withValue(KEY, this);
    }

    /**
     * The caller of the call that the current thread works for.
     *
     * @throws IllegalStateException outside a call
     */
    public static Caller current() {
        @Nullable Caller caller = KEY.get();
        if (caller == null) {
            throw new IllegalStateException("no call is being served on this thread");
        }
        return caller;
    }
}
