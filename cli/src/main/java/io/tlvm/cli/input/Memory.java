package io.tlvm.cli.input;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of memory.
 *
 * @param mebibytes in MiB, positive
 */
public record Memory(long mebibytes) {

    private static final Pattern TEXT =
            Pattern.compile(
                    "([0-9]{1,12}(?:\\.[0-9]{1,6})?) ?(?:([MGT])i?B?)?", Pattern.CASE_INSENSITIVE);
    private static final Pattern DECIMAL =
            Pattern.compile(".*[0-9 ][MGT]B", Pattern.CASE_INSENSITIVE);
    private static final BigDecimal STEP = BigDecimal.valueOf(1024);

    public Memory {
        if (mebibytes < 1) {
            throw new IllegalArgumentException("memory must be at least 1 MiB");
        }
    }

    /**
     * Reads {@code 384MiB}, {@code 8GiB}, {@code 1.5Gi} or a number of MiB.
     *
     * @throws IllegalArgumentException for everything else; MB and GB are refused, because they
     *     mean two things
     */
    public static Memory parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches() || DECIMAL.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not an amount of memory such as 384MiB, 8GiB or 8192 (MiB)");
        }
        BigDecimal number = new BigDecimal(parts.group(1));
        String unit = parts.group(2) == null ? "M" : parts.group(2);
        BigDecimal mebibytes =
                switch (unit) {
                    case "M", "m" -> number;
                    case "G", "g" -> number.multiply(STEP);
                    default -> number.multiply(STEP).multiply(STEP);
                };
        try {
            return new Memory(mebibytes.longValueExact());
        } catch (ArithmeticException fraction) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a whole number of MiB", fraction);
        }
    }
}
