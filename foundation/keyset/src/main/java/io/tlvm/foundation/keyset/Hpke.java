package io.tlvm.foundation.keyset;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.HybridDecrypt;
import com.google.crypto.tink.HybridEncrypt;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.hybrid.HpkeParameters;
import com.google.crypto.tink.hybrid.HpkePrivateKey;
import com.google.crypto.tink.hybrid.HpkePublicKey;
import com.google.crypto.tink.hybrid.HybridConfig;
import com.google.crypto.tink.util.Bytes;

import java.security.GeneralSecurityException;

/**
 * HPKE (RFC 9180) in base mode, through Tink: DHKEM X25519 with HKDF-SHA256, HKDF-SHA256,
 * AES-256-GCM. A public key is its 32 raw bytes; a sealed value is 32 bytes of encapsulated key and
 * the ciphertext. Tink's context info is HPKE's info parameter.
 */
public final class Hpke {
    /** Of a public key and of an encapsulated key, in bytes. */
    public static final int PUBLIC_KEY_LENGTH = 32;

    private Hpke() {}

    /** A new key pair. */
    public static KeysetHandle generate() {
        try {
            HybridConfig.register();
            return KeysetHandle.generateNew(parameters());
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException(
                    "HPKE with X25519 is not usable in this process", broken);
        }
    }

    /**
     * Seals a secret.
     *
     * @param publicKey 32 bytes, X25519
     * @param secret what to seal; the caller wipes it
     * @param context what the secret is for; opening needs the same
     * @return 32 bytes of encapsulated key, then the ciphertext, 16 bytes longer than the secret
     * @throws GeneralSecurityException when the public key is not a usable one
     */
    @AccessesPartialKey
    public static byte[] seal(byte[] publicKey, byte[] secret, ContextInfo context)
            throws GeneralSecurityException {
        if (publicKey.length != PUBLIC_KEY_LENGTH) {
            throw new GeneralSecurityException(
                    "an X25519 public key has %d bytes, not %d"
                            .formatted(PUBLIC_KEY_LENGTH, publicKey.length));
        }
        HybridConfig.register();
        HpkePublicKey key = HpkePublicKey.create(parameters(), Bytes.copyFrom(publicKey), null);
        return KeysetHandle.newBuilder()
                .addEntry(KeysetHandle.importKey(key).withRandomId().makePrimary())
                .build()
                .getPrimitive(RegistryConfiguration.get(), HybridEncrypt.class)
                .encrypt(secret, context.bytes());
    }

    /**
     * Opens what was sealed to the public half of a key pair.
     *
     * @return the secret; the caller wipes it
     * @throws GeneralSecurityException when it was changed, sealed to another key, or for another
     *     purpose
     */
    public static byte[] open(KeysetHandle keyset, byte[] sealed, ContextInfo context)
            throws GeneralSecurityException {
        HybridConfig.register();
        return keyset.getPrimitive(RegistryConfiguration.get(), HybridDecrypt.class)
                .decrypt(sealed, context.bytes());
    }

    /**
     * The public half of a keyset's primary key.
     *
     * @throws GeneralSecurityException when the keyset is for something else
     */
    @AccessesPartialKey
    public static byte[] publicKey(KeysetHandle keyset) throws GeneralSecurityException {
        if (keyset.getPrimary().getKey() instanceof HpkePrivateKey key
                && key.getParameters().equals(parameters())) {
            return key.getPublicKey().getPublicKeyBytes().toByteArray();
        }
        throw new GeneralSecurityException("the keyset holds no X25519 HPKE private key");
    }

    private static HpkeParameters parameters() throws GeneralSecurityException {
        return HpkeParameters.builder()
                .setKemId(HpkeParameters.KemId.DHKEM_X25519_HKDF_SHA256)
                .setKdfId(HpkeParameters.KdfId.HKDF_SHA256)
                .setAeadId(HpkeParameters.AeadId.AES_256_GCM)
                .setVariant(HpkeParameters.Variant.NO_PREFIX)
                .build();
    }
}
