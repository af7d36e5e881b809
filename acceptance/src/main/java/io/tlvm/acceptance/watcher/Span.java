package io.tlvm.acceptance.watcher;

/**
 * A time during which a guest certainly ran: from the moment the first {@code running} was received
 * to the moment the question that the last {@code running} answered was sent. Both in nanoseconds
 * of the JVM's monotonic clock.
 */
record Span(long from, long to) {
    boolean overlaps(Span other) {
        return from < other.to && other.from < to;
    }

    Span until(long later) {
        return new Span(from, Math.max(to, later));
    }
}
