package io.tlvm.foundation.identity;

/** Carries an {@link IdentityRefusal} to the edge that answers the peer. */
public final class IdentityRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient IdentityRefusal refusal;

    /** Wraps {@code refusal}; its sentence is the message. */
    public IdentityRefusedException(IdentityRefusal refusal) {
        super(refusal.what());
        this.refusal = refusal;
    }

    /** What was wrong with the identity. */
    public IdentityRefusal refusal() {
        return refusal;
    }
}
