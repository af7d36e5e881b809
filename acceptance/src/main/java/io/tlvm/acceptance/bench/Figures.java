package io.tlvm.acceptance.bench;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Least, middle and greatest of some durations, and the first: it is the one that found everything
 * cold.
 */
record Figures(Duration least, Duration middle, Duration greatest, Duration first) {

    /**
     * @param measured in the order in which they were measured, at least one
     */
    static Figures of(List<Duration> measured) {
        List<Duration> sorted = measured.stream().sorted().toList();
        int half = sorted.size() / 2;
        Duration middle =
                sorted.size() % 2 == 1
                        ? sorted.get(half)
                        : sorted.get(half - 1).plus(sorted.get(half)).dividedBy(2);
        return new Figures(sorted.getFirst(), middle, sorted.getLast(), measured.getFirst());
    }

    /** Four columns of milliseconds. */
    String columns() {
        return "%9s %9s %9s %9s"
                .formatted(millis(least), millis(middle), millis(greatest), millis(first));
    }

    static String millis(Duration duration) {
        double value = duration.toNanos() / 1e6;
        return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
    }
}
