package io.tlvm.vm.machine;

import io.tlvm.foundation.identity.PeerIdentity;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.GuestIdentity;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXCertPathChecker;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

import javax.security.auth.x500.X500Principal;

/**
 * The endorsement key certificate of a vTPM: the leaf as its agent sent it, and the issuers that
 * came with it.
 */
public final class EkCertificate {
    /** tcg-kp-EKCertificate: TCG EK Credential Profile §3.2.16. */
    private static final String EK_PURPOSE = "2.23.133.8.1";

    private final List<X509Certificate> chain;

    private EkCertificate(List<X509Certificate> chain) {
        this.chain = chain;
    }

    /** Reads what create recorded; empty for a VM without vTPM, or when it is unreadable. */
    public static Optional<EkCertificate> of(GuestIdentity identity) {
        if (identity.ekCertificate().isEmpty()) {
            return Optional.empty();
        }
        try {
            byte[] encoded = Base64.getDecoder().decode(identity.ekCertificate());
            Collection<? extends Certificate> read =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(encoded));
            List<X509Certificate> chain = read.stream().map(X509Certificate.class::cast).toList();
            return chain.isEmpty() ? Optional.empty() : Optional.of(new EkCertificate(chain));
        } catch (CertificateException | IllegalArgumentException damaged) {
            return Optional.empty();
        }
    }

    /** The leaf, PEM. */
    public String pem() {
        try {
            String text =
                    Base64.getMimeEncoder(64, new byte[] {'\n'})
                            .encodeToString(chain.getFirst().getEncoded());
            return "-----BEGIN CERTIFICATE-----\n" + text + "\n-----END CERTIFICATE-----\n";
        } catch (CertificateException readBefore) {
            throw new IllegalStateException(readBefore);
        }
    }

    /** Whether the leaf is the one with this fingerprint, {@code sha256:<hex>}. */
    public boolean is(String fingerprint) {
        return PeerIdentity.fingerprint(chain.getFirst()).equals(fingerprint);
    }

    /**
     * Whether it was issued as the certificate of an endorsement key, and for this VM: any other
     * certificate of the cluster leads to its authority as well.
     */
    public boolean endorses(VmUid vm) {
        X509Certificate leaf = chain.getFirst();
        try {
            List<String> purposes = leaf.getExtendedKeyUsage();
            return purposes != null
                    && purposes.contains(EK_PURPOSE)
                    && leaf.getSubjectX500Principal().equals(new X500Principal("CN=" + vm.value()));
        } catch (CertificateException damaged) {
            return false;
        }
    }

    /** Whether the chain leads to one of {@code authorities} and is valid now. */
    public boolean leadsTo(X509Certificate... authorities) {
        if (authorities.length == 0) {
            return false;
        }
        try {
            List<X509Certificate> path =
                    chain.stream()
                            .filter(certificate -> !List.of(authorities).contains(certificate))
                            .toList();
            CertPath certPath = CertificateFactory.getInstance("X.509").generateCertPath(path);
            var anchors =
                    List.of(authorities).stream()
                            .map(authority -> new TrustAnchor(authority, null))
                            .collect(Collectors.toSet());
            var parameters = new PKIXParameters(anchors);
            parameters.setRevocationEnabled(false);
            parameters.addCertPathChecker(new TpmExtensions(chain.getFirst()));
            CertPathValidator.getInstance("PKIX").validate(certPath, parameters);
            return true;
        } catch (GeneralSecurityException doesNotLeadThere) {
            return false;
        }
    }

    /**
     * TCG EK Credential Profile §3.2: the leaf may have critical extensions that PKIX does not
     * know.
     */
    private static final class TpmExtensions extends PKIXCertPathChecker {
        private final X509Certificate leaf;

        private TpmExtensions(X509Certificate leaf) {
            this.leaf = leaf;
        }

        @Override
        public void init(boolean forward) {
            // keeps nothing between certificates
        }

        @Override
        public boolean isForwardCheckingSupported() {
            return true;
        }

        @Override
        public Set<String> getSupportedExtensions() {
            return Set.of();
        }

        @Override
        public void check(
                Certificate certificate, Collection<String> unresolvedCriticalExtensions) {
            if (certificate.equals(leaf)) {
                unresolvedCriticalExtensions.clear();
            }
        }
    }
}
