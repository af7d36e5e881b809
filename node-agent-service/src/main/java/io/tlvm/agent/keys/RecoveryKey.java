package io.tlvm.agent.keys;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.keyset.Hpke;

/**
 * The public half of the cluster's recovery key, as the control plane told it.
 *
 * @param id under which the control plane's key vault knows it
 * @param publicKey 32 bytes, X25519
 */
public record RecoveryKey(String id, ByteString publicKey) {
    /** Refuses a key of another length, and an id that is none. */
    public RecoveryKey {
        if (publicKey.size() != Hpke.PUBLIC_KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "a recovery key has %d bytes, not %d"
                            .formatted(Hpke.PUBLIC_KEY_LENGTH, publicKey.size()));
        }
        Recipient unused = Recipient.recovery(id);
    }

    /** The key, as a recipient of wraps. */
    public Recipient recipient() {
        return Recipient.recovery(id);
    }
}
