package io.tlvm.foundation.signature;

/** A statement is not by whom it should be. The message is a clause that says why. */
public final class SignatureRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    public SignatureRefusedException(String why) {
        super(why);
    }

    /** Why, as a clause about the statement. */
    public String why() {
        return String.valueOf(getMessage());
    }
}
