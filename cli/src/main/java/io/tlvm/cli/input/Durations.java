package io.tlvm.cli.input;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people type them. */
public final class Durations {

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)?");

    private Durations() {}

    /**
     * Reads {@code 500ms}, {@code 90s}, {@code 10m}, {@code 2h}, {@code 7d}, a number of seconds,
     * or ISO 8601.
     *
     * @throws IllegalArgumentException for everything else
     */
    public static Duration parse(String text) {
        Matcher parts = TEXT.matcher(text.toLowerCase(Locale.ROOT));
        if (parts.matches()) {
            long number = Long.parseLong(parts.group(1));
            String unit = parts.group(2) == null ? "s" : parts.group(2);
            return switch (unit) {
                case "ms" -> Duration.ofMillis(number);
                case "m" -> Duration.ofMinutes(number);
                case "h" -> Duration.ofHours(number);
                case "d" -> Duration.ofDays(number);
                default -> Duration.ofSeconds(number);
            };
        }
        try {
            return Duration.parse(text);
        } catch (DateTimeException neither) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a duration such as 90s, 10m, 2h or 7d", neither);
        }
    }

    /** As a request carries it. */
    public static com.google.protobuf.Duration toProto(Duration duration) {
        return com.google.protobuf.Duration.newBuilder()
                .setSeconds(duration.getSeconds())
                .setNanos(duration.getNano())
                .build();
    }
}
