package io.tlvm.agent.keys;

import io.tlvm.foundation.keyset.AesGcm;
import io.tlvm.foundation.keyset.ContextInfo;
import io.tlvm.foundation.secret.KeyBytes;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.security.GeneralSecurityException;
import java.util.HexFormat;

import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The three keys of one state directory, derived from its state key with HKDF-SHA256 (RFC 5869) and
 * bound to machine and directory: swtpm's, the manifest's, the digest's. A leak of one says nothing
 * about another.
 */
public final class DirectoryKeys implements AutoCloseable {
    private static final String SWTPM = "tlvm/swtpm-key/1";
    private static final String MANIFEST = "tlvm/manifest-key/1";
    private static final String DIGEST = "tlvm/digest-key/1";
    private static final String HMAC = "HmacSHA256";

    private final SwtpmKey swtpm;
    private final KeyBytes manifest;
    private final KeyBytes digest;

    private DirectoryKeys(SwtpmKey swtpm, KeyBytes manifest, KeyBytes digest) {
        this.swtpm = swtpm;
        this.manifest = manifest;
        this.digest = digest;
    }

    /**
     * Derives the keys.
     *
     * @throws IllegalStateException when the state key was closed
     */
    public static DirectoryKeys derive(StateKey key, VmUid vm, StateRef ref) {
        return key.open(
                bytes ->
                        new DirectoryKeys(
                                new SwtpmKey(expand(bytes, SWTPM, vm, ref)),
                                expand(bytes, MANIFEST, vm, ref),
                                expand(bytes, DIGEST, vm, ref)));
    }

    /** What swtpm encrypts this directory's permanent state with. Closed with this object. */
    public SwtpmKey swtpmKey() {
        return swtpm;
    }

    /**
     * Encrypts a manifest with AES-256-GCM under a random nonce.
     *
     * @param context the directory, node and number of the manifest: associated data
     * @return nonce, ciphertext, tag
     */
    public byte[] sealManifest(byte[] plaintext, ContextInfo context) {
        return manifest.open(key -> AesGcm.seal(key, plaintext, context.bytes()));
    }

    /**
     * Decrypts a manifest.
     *
     * @throws GeneralSecurityException when it was changed, belongs to another directory, node or
     *     number, or was sealed under another state key
     */
    public byte[] openManifest(byte[] sealed, ContextInfo context) throws GeneralSecurityException {
        return manifest.<byte[], GeneralSecurityException>open(
                key -> AesGcm.open(key, sealed, context.bytes()));
    }

    /**
     * The digest of a vTPM payload as it may be stored: keyed, so that it confirms no guess about
     * the content to someone who has only the digest. Digests of different directories cannot be
     * compared.
     */
    public Digest digestOf(byte[] payload) {
        return digest.open(
                key -> {
                    try {
                        Mac mac = Mac.getInstance(HMAC);
                        mac.init(new SecretKeySpec(key, HMAC));
                        return new Digest(
                                "sha256:" + HexFormat.of().formatHex(mac.doFinal(payload)));
                    } catch (GeneralSecurityException broken) {
                        throw new IllegalStateException(
                                "HMAC-SHA256 is not usable in this process", broken);
                    }
                });
    }

    private static KeyBytes expand(byte[] stateKey, String label, VmUid vm, StateRef ref) {
        try {
            byte[] info = ContextInfo.of(label, vm.value(), ref.value()).bytes();
            return KeyBytes.take(
                    KDF.getInstance("HKDF-SHA256")
                            .deriveData(
                                    HKDFParameterSpec.ofExtract()
                                            .addIKM(stateKey)
                                            .thenExpand(info, KeyBytes.LENGTH)));
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException("HKDF-SHA256 is not usable in this process", broken);
        }
    }

    /** Wipes the three keys. */
    @Override
    public void close() {
        swtpm.close();
        manifest.close();
        digest.close();
    }

    /** Says only what it is. */
    @Override
    public String toString() {
        return "DirectoryKeys[...]";
    }
}
