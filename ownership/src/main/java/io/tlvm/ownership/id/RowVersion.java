package io.tlvm.ownership.id;

/**
 * Counts the compare-and-swaps of one ownership row; a command carries the version that decided it.
 */
public record RowVersion(long value) implements Comparable<RowVersion> {
    /** Before the row was inserted. */
    public static final RowVersion NONE = new RowVersion(0);

    public RowVersion {
        if (value < 0) {
            throw new IllegalArgumentException("negative row version: " + value);
        }
    }

    public RowVersion next() {
        return new RowVersion(Math.incrementExact(value));
    }

    public boolean isBefore(RowVersion other) {
        return value < other.value;
    }

    @Override
    public int compareTo(RowVersion other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
