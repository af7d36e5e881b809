package io.tlvm.agent.file;

import io.tlvm.ownership.id.Digest;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over bytes, in the one form that digests have everywhere. */
public final class ContentDigest {
    private ContentDigest() {}

    /** The digest of the whole array. */
    public static Digest of(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return new Digest("sha256:" + HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java has SHA-256", missing);
        }
    }
}
