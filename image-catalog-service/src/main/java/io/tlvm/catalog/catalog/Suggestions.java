package io.tlvm.catalog.catalog;

import java.util.Comparator;
import java.util.List;

/** The names that were probably meant. */
final class Suggestions {
    private static final int SHOWN = 3;

    private Suggestions() {}

    static List<Urn> near(Urn wanted, List<Urn> existing) {
        String text = wanted.toString();
        return existing.stream()
                .sorted(
                        Comparator.comparingInt((Urn urn) -> distance(text, urn.toString()))
                                .thenComparing(Urn::toString))
                .limit(SHOWN)
                .toList();
    }

    /** Levenshtein's distance, with two rows. */
    private static int distance(String left, String right) {
        int[] before = new int[right.length() + 1];
        for (int j = 0; j <= right.length(); j++) {
            before[j] = j;
        }
        for (int i = 1; i <= left.length(); i++) {
            int[] now = new int[right.length() + 1];
            now[0] = i;
            for (int j = 1; j <= right.length(); j++) {
                int replaced = before[j - 1] + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
                now[j] = Math.min(replaced, 1 + Math.min(before[j], now[j - 1]));
            }
            before = now;
        }
        return before[right.length()];
    }
}
