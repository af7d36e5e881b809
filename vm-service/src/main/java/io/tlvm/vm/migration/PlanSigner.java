package io.tlvm.vm.migration;

import com.google.protobuf.ByteString;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import javax.net.ssl.X509ExtendedKeyManager;

/**
 * Signs migration plans with the key of this service's certificate, so that agents need not trust
 * who carries them.
 */
public final class PlanSigner {
    private static final String KEY_TYPE = "EC";

    private final X509ExtendedKeyManager keys;

    public PlanSigner(X509ExtendedKeyManager keys) {
        this.keys = keys;
    }

    /**
     * A signature with the chain that proves it.
     *
     * @param signature ECDSA over SHA-256, DER
     * @param chain certificates, DER, leaf first
     */
    public record Signed(ByteString signature, List<ByteString> chain) {
        public Signed {
            chain = List.copyOf(chain);
        }
    }

    /**
     * Signs the bytes as they are.
     *
     * @throws IllegalStateException when the certificate's key is not an EC key
     */
    public Signed sign(ByteString plan) {
        // One alias for both, so that a rotation in between cannot mix a key with another chain.
        String alias =
                Objects.requireNonNull(
                        keys.chooseServerAlias(KEY_TYPE, null, null),
                        "migration plans need an EC key in the certificate");
        X509Certificate[] chain = keys.getCertificateChain(alias);
        PrivateKey key = keys.getPrivateKey(alias);
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(Objects.requireNonNull(key));
            signature.update(plan.asReadOnlyByteBuffer());
            List<ByteString> encoded = new ArrayList<>();
            for (X509Certificate certificate : Objects.requireNonNull(chain)) {
                encoded.add(ByteString.copyFrom(certificate.getEncoded()));
            }
            return new Signed(ByteString.copyFrom(signature.sign()), encoded);
        } catch (GeneralSecurityException unusable) {
            throw new IllegalStateException("cannot sign a migration plan", unusable);
        }
    }
}
