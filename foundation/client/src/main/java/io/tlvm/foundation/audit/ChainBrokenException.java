package io.tlvm.foundation.audit;

/** The chain is not what was written. */
public final class ChainBrokenException extends Exception {
    private static final long serialVersionUID = 1L;

    private final long sequence;
    private final String expected;
    private final String found;

    /**
     * @param sequence the first record that is not as it was, counted from 1
     * @param expected a clause
     * @param found a clause
     */
    public ChainBrokenException(long sequence, String expected, String found) {
        super("record %d: expected %s, found %s".formatted(sequence, expected, found));
        this.sequence = sequence;
        this.expected = expected;
        this.found = found;
    }

    /** The first record that is not as it was. */
    public long sequence() {
        return sequence;
    }

    /** What should be there. */
    public String expected() {
        return expected;
    }

    /** What is there. */
    public String found() {
        return found;
    }
}
