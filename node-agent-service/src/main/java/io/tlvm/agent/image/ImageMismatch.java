package io.tlvm.agent.image;

import io.tlvm.ownership.id.Digest;

import java.io.IOException;

/** What a source sent for a digest has another one. It was thrown away. */
public final class ImageMismatch extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Digest expected;
    private final String found;

    ImageMismatch(Digest expected, String found) {
        super("the content for " + expected + " has the digest " + found);
        this.expected = expected;
        this.found = found;
    }

    /** What was asked for. */
    public Digest expected() {
        return expected;
    }

    /** What came. */
    public String found() {
        return found;
    }
}
