package io.tlvm.cli.output;

import com.google.protobuf.Timestamp;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Numbers and times for people. Machine-readable formats never use them. */
public final class Words {

    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    private static final int DIGEST_SHOWN = "sha256:".length() + 12;

    private Words() {}

    /** A size in binary units, such as {@code 3.1 GiB}; empty for 0. */
    public static String bytes(long bytes) {
        if (bytes == 0) {
            return "";
        }
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

    /** Memory given in MiB. */
    public static String mebibytes(long mebibytes) {
        return bytes(mebibytes * 1024 * 1024);
    }

    /** How long ago, in the largest unit; empty for no time. */
    public static String age(Timestamp since, Instant now) {
        if (since.getSeconds() == 0) {
            return "";
        }
        Duration age = Duration.between(Instant.ofEpochSecond(since.getSeconds()), now);
        if (age.isNegative()) {
            return "0s";
        }
        if (age.toDays() > 0) {
            return age.toDays() + "d";
        }
        if (age.toHours() > 0) {
            return age.toHours() + "h";
        }
        return age.toMinutes() > 0 ? age.toMinutes() + "m" : age.toSeconds() + "s";
    }

    /** RFC 3339 in UTC; empty for no time. */
    public static String time(Timestamp time) {
        return time.getSeconds() == 0 ? "" : Instant.ofEpochSecond(time.getSeconds()).toString();
    }

    /** {@code 71 ms}, {@code 31.4 s}. */
    public static String duration(com.google.protobuf.Duration duration) {
        long millis = duration.getSeconds() * 1000 + duration.getNanos() / 1_000_000;
        return millis < 1000
                ? millis + " ms"
                : String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
    }

    /** The beginning of a digest, enough to compare by eye. */
    public static String digest(String digest) {
        return digest.length() <= DIGEST_SHOWN ? digest : digest.substring(0, DIGEST_SHOWN) + "…";
    }

    /** {@code on} or {@code off}. */
    public static String onOff(boolean on) {
        return on ? "on" : "off";
    }
}
