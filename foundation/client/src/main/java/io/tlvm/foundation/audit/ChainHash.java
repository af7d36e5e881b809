package io.tlvm.foundation.audit;

import com.google.protobuf.ByteString;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The hash that ties each record of the audit chain to all records before it. */
public final class ChainHash {
    private static final int BYTES = 32;

    /** What the first record follows. */
    public static final ByteString GENESIS = ByteString.copyFrom(new byte[BYTES]);

    private ChainHash() {}

    /**
     * The hash of a record.
     *
     * @param previous of the record before it, 32 bytes
     * @param stored the record's bytes as they are stored
     */
    public static ByteString of(ByteString previous, ByteString stored) {
        if (previous.size() != BYTES) {
            throw new IllegalArgumentException(
                    "a hash of " + previous.size() + " bytes, not " + BYTES);
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(previous.asReadOnlyByteBuffer());
            digest.update(stored.asReadOnlyByteBuffer());
            return ByteString.copyFrom(digest.digest());
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
