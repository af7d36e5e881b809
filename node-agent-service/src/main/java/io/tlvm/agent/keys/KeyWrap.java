package io.tlvm.agent.keys;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.keyset.ContextInfo;
import io.tlvm.foundation.keyset.Hpke;
import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.security.GeneralSecurityException;

/**
 * A state key sealed to one recipient, for one directory of one machine.
 *
 * @param recipient who can open it
 * @param sealed 80 bytes, see {@code tlvm.node.storage.v1.WrappedKey}
 */
public record KeyWrap(Recipient recipient, ByteString sealed) {
    /** Refuses a wrap of another length. */
    public KeyWrap {
        if (sealed.size() != KeyContexts.WRAP_LENGTH) {
            throw new IllegalArgumentException(
                    "a wrapped state key has %d bytes, not %d"
                            .formatted(KeyContexts.WRAP_LENGTH, sealed.size()));
        }
    }

    /**
     * Wraps a state key.
     *
     * @param publicKey of the recipient, 32 bytes (X25519)
     * @throws GeneralSecurityException when the public key is not a usable one
     */
    public static KeyWrap wrap(
            StateKey key, Recipient recipient, byte[] publicKey, VmUid vm, StateRef ref)
            throws GeneralSecurityException {
        byte[] sealed =
                key.<byte[], GeneralSecurityException>open(
                        bytes -> Hpke.seal(publicKey, bytes, context(vm, ref, recipient)));
        return new KeyWrap(recipient, ByteString.copyFrom(sealed));
    }

    /** What a wrap is bound to. */
    static ContextInfo context(VmUid vm, StateRef ref, Recipient recipient) {
        return KeyContexts.wrap(vm.value(), ref.value(), recipient.value());
    }
}
