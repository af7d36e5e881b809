package io.tlvm.foundation.signature;

import com.google.protobuf.ByteString;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * A signature with the certificates that are to prove it. Whether they lead to an authority, and
 * whose they are, is for the reader to check.
 *
 * @param signature ECDSA over SHA-256, DER
 * @param chain certificates, DER, leaf first
 */
public record CertificateSignature(ByteString signature, List<ByteString> chain) {
    static final String ALGORITHM = "SHA256withECDSA";

    public CertificateSignature {
        chain = List.copyOf(chain);
    }

    /**
     * The certificates, leaf first; at least one.
     *
     * @throws CertificateException when there is none, or one is no certificate and nothing but
     *     that
     */
    public List<X509Certificate> certificates() throws CertificateException {
        CertificateFactory x509 = CertificateFactory.getInstance("X.509");
        List<X509Certificate> read = new ArrayList<>();
        for (ByteString der : chain) {
            var certificate =
                    (X509Certificate)
                            x509.generateCertificate(new ByteArrayInputStream(der.toByteArray()));
            // A parser is content with what follows the certificate, and with other encodings.
            if (!ByteString.copyFrom(certificate.getEncoded()).equals(der)) {
                throw new CertificateException("it is not encoded in DER");
            }
            read.add(certificate);
        }
        if (read.isEmpty()) {
            throw new CertificateException("there is none");
        }
        return read;
    }

    /**
     * Whether the signature is over exactly these bytes, by the key of this certificate.
     *
     * @throws GeneralSecurityException when it cannot be checked: the key is not an EC key, or the
     *     signature is not one
     */
    public boolean covers(ByteString content, X509Certificate leaf)
            throws GeneralSecurityException {
        Signature check = Signature.getInstance(ALGORITHM);
        check.initVerify(leaf);
        check.update(content.asReadOnlyByteBuffer());
        return check.verify(signature.toByteArray());
    }
}
