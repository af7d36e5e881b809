package io.tlvm.acceptance.demo;

import java.util.ArrayList;
import java.util.List;

/**
 * What the demo saw, line by line: a claim, where the observation was read, what was read, whether
 * it holds.
 */
final class Evidence {
    /** One line. */
    record Line(String claim, String source, String observed, boolean holds) {}

    private final List<Line> lines = new ArrayList<>();

    void add(String claim, String source, String observed, boolean holds) {
        lines.add(new Line(claim, source, observed, holds));
    }

    List<Line> lines() {
        return List.copyOf(lines);
    }

    boolean allHold() {
        return lines.stream().allMatch(Line::holds);
    }

    String table() {
        int claim = lines.stream().mapToInt(line -> line.claim().length()).max().orElse(5);
        int source = lines.stream().mapToInt(line -> line.source().length()).max().orElse(6);
        StringBuilder text = new StringBuilder();
        String form = "%-4s %-" + claim + "s  %-" + source + "s  %s%n";
        text.append(form.formatted("", "CLAIM", "READ FROM", "OBSERVED"));
        for (Line line : lines) {
            text.append(
                    form.formatted(
                            line.holds() ? "yes" : "NO",
                            line.claim(),
                            line.source(),
                            line.observed()));
        }
        return text.toString();
    }
}
