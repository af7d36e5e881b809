package io.tlvm.vm.keys;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.keyset.Hpke;
import io.tlvm.foundation.keyset.KeyContexts;

/**
 * The public half of the cluster's recovery key: node agents wrap the key of every directory for
 * it.
 *
 * @param id never used for another key
 * @param publicKey 32 bytes, X25519
 */
public record RecoveryKey(String id, ByteString publicKey) {
    /** Refuses a key of another length. */
    public RecoveryKey {
        if (publicKey.size() != Hpke.PUBLIC_KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "a recovery key has %d bytes, not %d"
                            .formatted(Hpke.PUBLIC_KEY_LENGTH, publicKey.size()));
        }
    }

    /** What wraps for this key name as their recipient. */
    public String recipient() {
        return KeyContexts.recoveryRecipient(id);
    }
}
