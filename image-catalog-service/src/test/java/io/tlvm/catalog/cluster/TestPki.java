package io.tlvm.catalog.cluster;

import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

import java.io.IOException;
import java.io.Writer;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;

/** A certificate authority that writes directories with tls.crt, tls.key and ca.crt. */
public final class TestPki {
    private final X500Name name;
    private final KeyPair keys = ec();
    private final X509Certificate certificate;

    public TestPki(String commonName) throws IOException {
        this.name = new X500Name("CN=" + commonName);
        this.certificate = certificate(name, keys, null, Instant.now().plus(Duration.ofDays(1)));
    }

    /** Writes an identity that is valid for a day. */
    public void issue(Path directory, String uri) throws IOException {
        issue(directory, uri, Instant.now().plus(Duration.ofDays(1)));
    }

    public void issue(Path directory, String uri, Instant notAfter) throws IOException {
        KeyPair leaf = ec();
        Files.createDirectories(directory);
        write(
                directory.resolve("tls.crt"),
                certificate(new X500Name("CN=leaf"), leaf, uri, notAfter));
        try {
            write(directory.resolve("tls.key"), new JcaPKCS8Generator(leaf.getPrivate(), null));
        } catch (IOException e) {
            throw new IOException("cannot write the key", e);
        }
        write(directory.resolve("ca.crt"), certificate);
    }

    private X509Certificate certificate(
            X500Name subject, KeyPair subjectKeys, String uri, Instant notAfter)
            throws IOException {
        try {
            var builder =
                    new JcaX509v3CertificateBuilder(
                            name,
                            new BigInteger(120, new SecureRandom()),
                            Date.from(notAfter.minus(Duration.ofDays(2))),
                            Date.from(notAfter),
                            subject,
                            subjectKeys.getPublic());
            if (uri == null) {
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
                builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
            } else {
                builder.addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(
                                new GeneralName(GeneralName.uniformResourceIdentifier, uri)));
                builder.addExtension(
                        Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            }
            var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException(e);
        }
    }

    public static KeyPair ec() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** PEM of keys and certificates. */
    public static void write(Path file, Object object) throws IOException {
        try (Writer out = Files.newBufferedWriter(file);
                var pem = new JcaPEMWriter(out)) {
            pem.writeObject(object);
        }
    }
}
