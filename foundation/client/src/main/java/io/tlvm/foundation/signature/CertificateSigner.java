package io.tlvm.foundation.signature;

import com.google.protobuf.ByteString;

import io.tlvm.type.v1.SignedStatement;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.Objects;

import javax.net.ssl.X509ExtendedKeyManager;

/**
 * Signs with the key of this process's certificate, so that readers need not trust who carries what
 * is signed.
 */
public final class CertificateSigner {
    private static final String KEY_TYPE = "EC";

    private final X509ExtendedKeyManager keys;

    public CertificateSigner(X509ExtendedKeyManager keys) {
        this.keys = keys;
    }

    /**
     * Signs the bytes as they are: ECDSA over SHA-256, with the chain that proves it.
     *
     * @throws IllegalStateException when the certificate's key is not an EC key
     */
    public SignedStatement sign(ByteString statement) {
        // One alias for both, so that a rotation in between cannot mix a key with another chain.
        String alias =
                Objects.requireNonNull(
                        keys.chooseServerAlias(KEY_TYPE, null, null),
                        "statements need an EC key in the certificate");
        X509Certificate[] chain = keys.getCertificateChain(alias);
        PrivateKey key = keys.getPrivateKey(alias);
        try {
            Signature signature = Signature.getInstance(SignatureCheck.ALGORITHM);
            signature.initSign(Objects.requireNonNull(key));
            signature.update(statement.asReadOnlyByteBuffer());
            var signed = SignedStatement.newBuilder().setStatement(statement);
            for (X509Certificate certificate : Objects.requireNonNull(chain)) {
                signed.addCertificateChain(ByteString.copyFrom(certificate.getEncoded()));
            }
            return signed.setSignature(ByteString.copyFrom(signature.sign())).build();
        } catch (GeneralSecurityException unusable) {
            throw new IllegalStateException("cannot sign", unusable);
        }
    }
}
