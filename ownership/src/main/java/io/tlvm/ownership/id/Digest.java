package io.tlvm.ownership.id;

import java.util.regex.Pattern;

/** A digest as it is written everywhere: {@code sha256:} and 64 lower-case hexadecimal digits. */
public record Digest(String value) {
    private static final Pattern FORM = Pattern.compile("sha256:[0-9a-f]{64}");

    public Digest {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("not a digest: " + value);
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
