package io.tlvm.foundation.signature;

/** A statement is not by whom it should be. The message is a clause that says why. */
public final class SignatureRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean changed;

    public SignatureRefusedException(String why) {
        this(why, false);
    }

    SignatureRefusedException(String why, boolean changed) {
        super(why);
        this.changed = changed;
    }

    /** Whether these are not the bytes that were signed; otherwise the wrong one signed them. */
    public boolean changed() {
        return changed;
    }

    /** Why, as a clause about the statement. */
    public String why() {
        return String.valueOf(getMessage());
    }
}
