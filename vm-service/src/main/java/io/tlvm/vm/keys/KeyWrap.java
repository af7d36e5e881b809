package io.tlvm.vm.keys;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.keyset.KeyContexts;

/**
 * The state key of one directory, sealed to one recipient.
 *
 * @param recipient {@code recovery/<key id>}, or {@code node/<node name>}
 * @param sealed 80 bytes that only the recipient opens
 */
public record KeyWrap(String recipient, ByteString sealed) {
    /** Refuses a wrap of another length. */
    public KeyWrap {
        if (sealed.size() != KeyContexts.WRAP_LENGTH) {
            throw new IllegalArgumentException(
                    "a wrapped state key has %d bytes, not %d"
                            .formatted(KeyContexts.WRAP_LENGTH, sealed.size()));
        }
    }
}
