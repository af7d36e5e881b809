package io.tlvm.catalog.verification;

/**
 * What identifies content: two contents with the same digest are the same bytes.
 *
 * @param digest of all bytes
 * @param sizeBytes number of bytes, at least 1
 * @param format declared by whoever brought it; the bytes are checked against it
 */
public record Content(ContentDigest digest, long sizeBytes, ImageFormat format) {
    public Content {
        if (sizeBytes < 1) {
            throw new IllegalArgumentException("content has at least one byte");
        }
    }
}
