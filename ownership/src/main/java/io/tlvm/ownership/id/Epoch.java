package io.tlvm.ownership.id;

/**
 * The fencing token of a VM. Drawn anew for every attempt, never used for two purposes, only ever
 * growing.
 */
public record Epoch(long value) implements Comparable<Epoch> {
    /** Before any epoch was drawn. */
    public static final Epoch NONE = new Epoch(0);

    public Epoch {
        if (value < 0) {
            throw new IllegalArgumentException("negative epoch: " + value);
        }
    }

    public static Epoch max(Epoch a, Epoch b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    public Epoch next() {
        return new Epoch(Math.incrementExact(value));
    }

    public boolean isBefore(Epoch other) {
        return value < other.value;
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
