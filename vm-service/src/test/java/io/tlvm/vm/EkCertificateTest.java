package io.tlvm.vm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.GuestIdentity;
import io.tlvm.vm.machine.EkCertificate;

import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;

/** What counts as the certificate of a VM's endorsement key. */
class EkCertificateTest {
    private static final VmUid VM = new VmUid("6cbd985a-b6f7-4ccd-8d50-05a79728189c");
    private static final KeyPurposeId EK =
            KeyPurposeId.getInstance(new ASN1ObjectIdentifier("2.23.133.8.1"));

    private final Signer cluster = Signer.root("cluster");
    private final Signer node = cluster.authority("EK issuer node-a");

    @Test
    void an_ek_certificate_of_this_vm_leads_to_the_cluster() throws Exception {
        EkCertificate ek = read(node.leaf(VM.value(), EK));
        assertThat(ek.endorses(VM)).isTrue();
        assertThat(ek.leadsTo(cluster.certificate)).isTrue();
    }

    @Test
    void another_vms_ek_certificate_does_not_endorse_this_one() throws Exception {
        EkCertificate ek = read(node.leaf("00000000-0000-4000-8000-000000000000", EK));
        assertThat(ek.endorses(VM)).isFalse();
    }

    @Test
    void a_certificate_of_the_cluster_for_another_purpose_endorses_nobody() throws Exception {
        EkCertificate tls = read(node.leaf(VM.value(), KeyPurposeId.id_kp_serverAuth));
        assertThat(tls.leadsTo(cluster.certificate)).isTrue();
        assertThat(tls.endorses(VM)).isFalse();
    }

    @Test
    void an_issuer_that_the_cluster_does_not_know_vouches_for_nothing() throws Exception {
        EkCertificate ek = read(node.leaf(VM.value(), EK));
        assertThat(ek.leadsTo(Signer.root("somebody").certificate)).isFalse();
        assertThat(ek.leadsTo()).isFalse();
    }

    private EkCertificate read(X509Certificate leaf) throws Exception {
        var encoded = new ByteArrayOutputStream();
        encoded.write(leaf.getEncoded());
        encoded.write(node.certificate.getEncoded());
        String fingerprint =
                "sha256:"
                        + HexFormat.of()
                                .formatHex(
                                        MessageDigest.getInstance("SHA-256")
                                                .digest(leaf.getEncoded()));
        EkCertificate read =
                EkCertificate.of(
                                new GuestIdentity(
                                        fingerprint,
                                        Base64.getEncoder().encodeToString(encoded.toByteArray())))
                        .orElseThrow();
        assertThat(read.is(fingerprint)).isTrue();
        return read;
    }

    private record Signer(String name, KeyPair keys, X509Certificate certificate) {
        static Signer root(String name) {
            KeyPair keys = newKeys();
            return new Signer(name, keys, sign(name, keys, name, keys, 1, null));
        }

        Signer authority(String subject) {
            KeyPair theirs = newKeys();
            return new Signer(subject, theirs, sign(name, keys, subject, theirs, 0, null));
        }

        X509Certificate leaf(String subject, KeyPurposeId purpose) {
            return sign(name, keys, subject, newKeys(), -1, purpose);
        }

        private static KeyPair newKeys() {
            try {
                var generator = KeyPairGenerator.getInstance("EC");
                generator.initialize(256);
                return generator.generateKeyPair();
            } catch (java.security.GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }

        private static X509Certificate sign(
                String issuer,
                KeyPair issuerKeys,
                String subject,
                KeyPair subjectKeys,
                int pathLength,
                @Nullable KeyPurposeId purpose) {
            try {
                Instant now = Instant.now();
                var builder =
                        new JcaX509v3CertificateBuilder(
                                new X500Name("CN=" + issuer),
                                BigInteger.valueOf(System.nanoTime()),
                                Date.from(now.minusSeconds(60)),
                                Date.from(now.plusSeconds(3600)),
                                new X500Name("CN=" + subject),
                                subjectKeys.getPublic());
                if (pathLength >= 0) {
                    builder.addExtension(
                            Extension.basicConstraints, true, new BasicConstraints(pathLength));
                }
                if (purpose != null) {
                    builder.addExtension(
                            Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
                }
                return new JcaX509CertificateConverter()
                        .getCertificate(
                                builder.build(
                                        new JcaContentSignerBuilder("SHA256withECDSA")
                                                .build(issuerKeys.getPrivate())));
            } catch (java.security.GeneralSecurityException
                    | java.io.IOException
                    | org.bouncycastle.operator.OperatorCreationException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
