package io.tlvm.agent.keys;

import java.security.GeneralSecurityException;

/** Seals a secret to a public key, for one stated purpose. */
public final class Sealer {
    private Sealer() {}

    /**
     * Seals a secret with HPKE.
     *
     * @param publicKey 32 bytes, X25519: of a {@link OneTimeKey}, a {@link NodeKeyset} or the
     *     cluster's recovery key
     * @param secret what to seal; the caller wipes it
     * @param context what the secret is for; opening needs the same
     * @return 32 bytes of encapsulated key, then the ciphertext, 16 bytes longer than the secret
     * @throws GeneralSecurityException when the public key is not a usable one
     */
    public static byte[] seal(byte[] publicKey, byte[] secret, ContextInfo context)
            throws GeneralSecurityException {
        return Hpke.seal(publicKey, secret, context);
    }
}
