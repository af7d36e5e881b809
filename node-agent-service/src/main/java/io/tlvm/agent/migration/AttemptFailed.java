package io.tlvm.agent.migration;

/** An attempt that goes no further. Whoever held the guest before holds it still. */
public sealed class AttemptFailed extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * @param why in words, for an operator
     */
    public AttemptFailed(String why) {
        super(why);
    }

    /** It had ended before the call: cancelled by itself, aborted, or failed. */
    public static final class AttemptEnded extends AttemptFailed {
        private static final long serialVersionUID = 1L;

        AttemptEnded(String why) {
            super(why);
        }
    }
}
