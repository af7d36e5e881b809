package io.tlvm.foundation.keyset;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.AesGcmKey;
import com.google.crypto.tink.aead.AesGcmParameters;
import com.google.crypto.tink.util.SecretBytes;

import java.security.GeneralSecurityException;

/** AES-256-GCM under a random nonce, through Tink. */
public final class AesGcm {
    private static final int KEY_LENGTH = 32;
    private static final int NONCE_LENGTH = 12;
    private static final int TAG_LENGTH = 16;

    private AesGcm() {}

    /**
     * Encrypts.
     *
     * @param key 32 bytes; the caller wipes it
     * @param plaintext the caller wipes it
     * @param associated what the ciphertext is bound to; opening needs the same
     * @return nonce, ciphertext, tag
     */
    public static byte[] seal(byte[] key, byte[] plaintext, byte[] associated) {
        try {
            return cipher(key).encrypt(plaintext, associated);
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException("AES-256-GCM is not usable in this process", broken);
        }
    }

    /**
     * Decrypts.
     *
     * @return the plaintext; the caller wipes it
     * @throws GeneralSecurityException when it was changed, bound to something else, or sealed
     *     under another key
     */
    public static byte[] open(byte[] key, byte[] sealed, byte[] associated)
            throws GeneralSecurityException {
        return cipher(key).decrypt(sealed, associated);
    }

    @AccessesPartialKey
    private static Aead cipher(byte[] key) throws GeneralSecurityException {
        AeadConfig.register();
        AesGcmParameters parameters =
                AesGcmParameters.builder()
                        .setKeySizeBytes(KEY_LENGTH)
                        .setIvSizeBytes(NONCE_LENGTH)
                        .setTagSizeBytes(TAG_LENGTH)
                        .setVariant(AesGcmParameters.Variant.NO_PREFIX)
                        .build();
        AesGcmKey gcm =
                AesGcmKey.builder()
                        .setParameters(parameters)
                        .setKeyBytes(SecretBytes.copyFrom(key, InsecureSecretKeyAccess.get()))
                        .build();
        return KeysetHandle.newBuilder()
                .addEntry(KeysetHandle.importKey(gcm).withRandomId().makePrimary())
                .build()
                .getPrimitive(RegistryConfiguration.get(), Aead.class);
    }
}
