package io.tlvm.foundation.keyset;

import com.google.protobuf.ByteString;

import java.util.regex.Pattern;

/**
 * The public half of the cluster's recovery key: node agents wrap the key of every directory for
 * it, and the control plane's key vault has the other half.
 *
 * @param id under which the vault knows it; never used for another key
 * @param publicKey 32 bytes, X25519
 */
public record RecoveryKey(String id, ByteString publicKey) {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

    /** Refuses a key of another length, and an id that is none. */
    public RecoveryKey {
        if (publicKey.size() != Hpke.PUBLIC_KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "a recovery key has %d bytes, not %d"
                            .formatted(Hpke.PUBLIC_KEY_LENGTH, publicKey.size()));
        }
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException("\"%s\" is no id of a recovery key".formatted(id));
        }
    }

    /** What wraps for this key name as their recipient. */
    public String recipient() {
        return KeyContexts.recoveryRecipient(id);
    }
}
