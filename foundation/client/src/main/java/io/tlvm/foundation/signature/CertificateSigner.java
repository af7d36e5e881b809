package io.tlvm.foundation.signature;

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
 * Signs with the key of this process's certificate, so that readers need not trust who carries what
 * was signed.
 */
public final class CertificateSigner {
    private static final String KEY_TYPE = "EC";

    private final X509ExtendedKeyManager keys;

    public CertificateSigner(X509ExtendedKeyManager keys) {
        this.keys = keys;
    }

    /**
     * Signs the bytes as they are.
     *
     * @throws IllegalStateException when the certificate's key is not an EC key
     */
    public CertificateSignature sign(ByteString content) {
        // One alias for both, so that a rotation in between cannot mix a key with another chain.
        String alias =
                Objects.requireNonNull(
                        keys.chooseServerAlias(KEY_TYPE, null, null),
                        "signing needs an EC key in the certificate");
        X509Certificate[] chain = keys.getCertificateChain(alias);
        PrivateKey key = keys.getPrivateKey(alias);
        try {
            Signature signature = Signature.getInstance(CertificateSignature.ALGORITHM);
            signature.initSign(Objects.requireNonNull(key));
            signature.update(content.asReadOnlyByteBuffer());
            List<ByteString> encoded = new ArrayList<>();
            for (X509Certificate certificate : Objects.requireNonNull(chain)) {
                encoded.add(ByteString.copyFrom(certificate.getEncoded()));
            }
            return new CertificateSignature(ByteString.copyFrom(signature.sign()), encoded);
        } catch (GeneralSecurityException unusable) {
            throw new IllegalStateException("the certificate's key cannot sign", unusable);
        }
    }
}
