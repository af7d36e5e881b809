package io.tlvm.catalog.verification;

import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * SHA-256 of content as it is stored.
 *
 * @param text {@code sha256:} and 64 lower case hex digits
 */
public record ContentDigest(String text) implements Comparable<ContentDigest> {
    private static final Pattern SHAPE = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final String PREFIX = "sha256:";

    public ContentDigest {
        if (!SHAPE.matcher(text).matches()) {
            throw new IllegalArgumentException("not a sha256 digest");
        }
    }

    /** Digest of 32 raw bytes. */
    public static ContentDigest of(byte[] sha256) {
        return new ContentDigest(PREFIX + HexFormat.of().formatHex(sha256));
    }

    /** The 64 hex digits; safe as a file name. */
    public String hex() {
        return text.substring(PREFIX.length());
    }

    @Override
    public int compareTo(ContentDigest other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
