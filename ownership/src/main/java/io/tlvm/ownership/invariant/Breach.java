package io.tlvm.ownership.invariant;

/**
 * An invariant that does not hold.
 *
 * @param invariant its name in the documentation, such as {@code I1}
 * @param what what was seen
 */
public record Breach(String invariant, String what) {
    @Override
    public String toString() {
        return invariant + ": " + what;
    }
}
