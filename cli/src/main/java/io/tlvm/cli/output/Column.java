package io.tlvm.cli.output;

import java.util.function.Function;

/**
 * A column of a table.
 *
 * @param title upper case
 * @param wide shown by {@link Format#WIDE} and {@link Printer#details} only
 * @param value text for a row; an empty one is shown as a dash
 */
public record Column<T>(String title, boolean wide, Function<T, String> value) {

    /** A column that is always shown. */
    public static <T> Column<T> of(String title, Function<T, String> value) {
        return new Column<>(title, false, value);
    }

    /** A column for those who want more. */
    public static <T> Column<T> wide(String title, Function<T, String> value) {
        return new Column<>(title, true, value);
    }
}
