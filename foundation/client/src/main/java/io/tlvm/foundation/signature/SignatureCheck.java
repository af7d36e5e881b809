package io.tlvm.foundation.signature;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.identity.IdentityRefusedException;
import io.tlvm.foundation.identity.PeerIdentity;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.type.v1.SignedStatement;

import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import javax.net.ssl.X509TrustManager;

/**
 * Tells who signed a statement: the chain leads to an authority of the cluster, its leaf is the one
 * expected, the signature is over these very bytes.
 *
 * <p>Certificates live shorter than what they sign, so a chain counts as of the time that it is
 * checked for, not as of today. Who has the key of an expired certificate can therefore sign
 * something that looks as old as the certificate.
 */
public final class SignatureCheck {
    static final String ALGORITHM = "SHA256withECDSA";

    /** TLS client or server, RFC 5280 §4.2.1.12; one of them is what services and agents have. */
    private static final Set<String> PURPOSES = Set.of("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");

    private final Supplier<Set<X509Certificate>> authorities;

    /**
     * @param authorities asked anew at each check, so that a rotation counts
     */
    public SignatureCheck(X509TrustManager authorities) {
        this.authorities = () -> Set.of(authorities.getAcceptedIssuers());
    }

    /**
     * @param authorities those that count, now and later
     */
    public SignatureCheck(Collection<X509Certificate> authorities) {
        Set<X509Certificate> fixed = Set.copyOf(authorities);
        this.authorities = () -> fixed;
    }

    /**
     * Checks that {@code signer} signed the statement, with a certificate that was valid at {@code
     * time}.
     *
     * @throws SignatureRefusedException with the reason as a clause about the statement
     */
    public void require(SignedStatement signed, SpiffeId signer, Instant time)
            throws SignatureRefusedException {
        require(
                signed.getStatement(),
                signed.getSignature(),
                signed.getCertificateChainList(),
                signer,
                time);
    }

    /**
     * As {@link #require(SignedStatement, SpiffeId, Instant)}, for parts that came by themselves.
     */
    public void require(
            ByteString statement,
            ByteString signature,
            List<ByteString> encodedChain,
            SpiffeId signer,
            Instant time)
            throws SignatureRefusedException {
        List<X509Certificate> chain = certificates(encodedChain);
        X509Certificate leaf = chain.getFirst();
        requireCovered(statement, signature, leaf);
        try {
            requireTrusted(chain, time);
            SpiffeId id = PeerIdentity.of(leaf, time).id();
            if (!id.equals(signer)) {
                throw new SignatureRefusedException(
                        "it is signed by " + id.uri() + ", not by " + signer.uri());
            }
        } catch (IdentityRefusedException | GeneralSecurityException notTrusted) {
            throw new SignatureRefusedException(
                    "its certificate is not accepted: " + notTrusted.getMessage());
        }
    }

    private static void requireCovered(
            ByteString statement, ByteString signature, X509Certificate leaf)
            throws SignatureRefusedException {
        try {
            Signature check = Signature.getInstance(ALGORITHM);
            check.initVerify(leaf);
            check.update(statement.asReadOnlyByteBuffer());
            if (!check.verify(signature.toByteArray())) {
                throw new SignatureRefusedException("its signature is not over these bytes", true);
            }
        } catch (GeneralSecurityException unusable) {
            throw new SignatureRefusedException(
                    "its signature cannot be checked: " + unusable.getMessage(), true);
        }
    }

    /** At least one, each in the one encoding that DER allows. */
    private static List<X509Certificate> certificates(List<ByteString> encoded)
            throws SignatureRefusedException {
        List<X509Certificate> chain = new ArrayList<>();
        try {
            CertificateFactory x509 = CertificateFactory.getInstance("X.509");
            for (ByteString der : encoded) {
                var certificate = (X509Certificate) x509.generateCertificate(der.newInput());
                // A parser is content with what follows the certificate, and with other encodings.
                if (!ByteString.copyFrom(certificate.getEncoded()).equals(der)) {
                    throw new SignatureRefusedException("its certificate is not in DER", true);
                }
                chain.add(certificate);
            }
        } catch (CertificateException unreadable) {
            throw new SignatureRefusedException(
                    "its certificate cannot be read: " + unreadable.getMessage(), true);
        }
        if (chain.isEmpty()) {
            throw new SignatureRefusedException("it has no certificate", true);
        }
        return chain;
    }

    private void requireTrusted(List<X509Certificate> chain, Instant time)
            throws GeneralSecurityException, SignatureRefusedException {
        Set<X509Certificate> trusted = authorities.get();
        List<X509Certificate> path =
                chain.stream().filter(certificate -> !trusted.contains(certificate)).toList();
        if (trusted.isEmpty() || path.isEmpty()) {
            throw new SignatureRefusedException(
                    "its certificate is not accepted: no authority vouches for it");
        }
        PKIXParameters parameters =
                new PKIXParameters(
                        trusted.stream()
                                .map(authority -> new TrustAnchor(authority, null))
                                .collect(Collectors.toSet()));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(time));
        try {
            var unused =
                    CertPathValidator.getInstance("PKIX")
                            .validate(
                                    CertificateFactory.getInstance("X.509").generateCertPath(path),
                                    parameters);
        } catch (GeneralSecurityException notTrusted) {
            throw new SignatureRefusedException(
                    "its certificate is not accepted: " + notTrusted.getMessage());
        }
        List<String> purposes = chain.getFirst().getExtendedKeyUsage();
        if (purposes != null && purposes.stream().noneMatch(PURPOSES::contains)) {
            throw new SignatureRefusedException(
                    "its certificate is not accepted: it is for another purpose");
        }
    }
}
