package io.tlvm.agent.keys;

import com.google.crypto.tink.KeysetHandle;

import io.tlvm.foundation.keyset.ContextInfo;
import io.tlvm.foundation.keyset.Hpke;

import org.jspecify.annotations.Nullable;

import java.security.GeneralSecurityException;

/**
 * A key pair for one operation, in memory only: what was sealed to it cannot be opened once the
 * operation is over, also by someone who recorded it and later takes the node. Safe for use by
 * several threads.
 */
public final class OneTimeKey implements AutoCloseable {
    private final byte[] publicKey;
    private @Nullable KeysetHandle keyset;

    private OneTimeKey(KeysetHandle keyset, byte[] publicKey) {
        this.keyset = keyset;
        this.publicKey = publicKey;
    }

    /** A new key pair. */
    public static OneTimeKey generate() {
        KeysetHandle keyset = Hpke.generate();
        try {
            return new OneTimeKey(keyset, Hpke.publicKey(keyset));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(
                    "a key pair that was just made has no public half", impossible);
        }
    }

    /** The public half, 32 bytes (X25519). */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /**
     * Opens what was sealed to this key.
     *
     * @param context what the secret must be for
     * @return the secret; the caller wipes it
     * @throws GeneralSecurityException when it was changed, sealed to another key, or for another
     *     purpose
     * @throws IllegalStateException when the operation is over
     */
    public synchronized byte[] open(byte[] sealed, ContextInfo context)
            throws GeneralSecurityException {
        if (keyset == null) {
            throw new IllegalStateException("the operation of this key is over");
        }
        return Hpke.open(keyset, sealed, context);
    }

    /**
     * Forgets the private half. Tink keeps key bytes in objects that cannot be wiped: the collector
     * removes them.
     */
    @Override
    public synchronized void close() {
        keyset = null;
    }

    /** Says only what it is. */
    @Override
    public String toString() {
        return "OneTimeKey[...]";
    }
}
