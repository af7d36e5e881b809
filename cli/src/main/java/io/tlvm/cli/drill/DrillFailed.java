package io.tlvm.cli.drill;

/** The TPM did not come up, or does not answer as one. The message says what happened. */
public final class DrillFailed extends Exception {
    private static final long serialVersionUID = 1L;

    DrillFailed(String why) {
        super(why);
    }

    DrillFailed(String why, Throwable cause) {
        super(why, cause);
    }
}
