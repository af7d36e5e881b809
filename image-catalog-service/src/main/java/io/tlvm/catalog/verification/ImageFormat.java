package io.tlvm.catalog.verification;

import java.util.Locale;
import java.util.Optional;

/**
 * Formats that the store accepts. Everything else is refused, because only these two cannot name
 * other files of the host.
 */
public enum ImageFormat {
    /** Plain bytes of a disk. */
    RAW,
    /** Hyper-V virtual hard disk, MS-VHDX; only without a parent. */
    VHDX;

    /** Name on the wire and in the database. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The format with this {@link #text()}. */
    public static Optional<ImageFormat> parse(String text) {
        return switch (text) {
            case "raw" -> Optional.of(RAW);
            case "vhdx" -> Optional.of(VHDX);
            case String other -> Optional.empty();
        };
    }
}
