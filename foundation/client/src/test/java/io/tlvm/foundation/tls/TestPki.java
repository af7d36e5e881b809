package io.tlvm.foundation.tls;

import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.concurrent.atomic.AtomicLong;

import javax.security.auth.x500.X500Principal;

/**
 * An authority for tests: issues certificates with URI names into directories that {@link
 * PkiDirectory} reads.
 */
public final class TestPki {

    private static final String CURVE = "secp256r1";

    private final KeyPair keys = newKeys();
    private final X509Certificate certificate;
    private final String name;
    private final AtomicLong serial = new AtomicLong(1);

    /** A fresh authority. */
    public TestPki(String name) {
        this.name = name;
        this.certificate =
                sign(
                        keys,
                        Instant.now().minus(Duration.ofDays(2)),
                        Instant.now().plus(Duration.ofDays(2)),
                        true);
    }

    /** Writes tls.crt, tls.key and ca.crt for one URI, valid from an hour ago for a day. */
    public Path issue(Path directory, String uri) {
        return issue(
                directory,
                Instant.now().minus(Duration.ofHours(1)),
                Instant.now().plus(Duration.ofDays(1)),
                uri);
    }

    /** Writes the files for any number of URIs and any validity. */
    public Path issue(Path directory, Instant from, Instant to, String... uris) {
        KeyPair leaf = newKeys();
        replace(directory.resolve("tls.crt"), pem(sign(leaf, from, to, false, uris)));
        replace(directory.resolve("tls.key"), pem(leaf));
        replace(directory.resolve("ca.crt"), pem(certificate));
        return directory;
    }

    /** A certificate alone. */
    public X509Certificate certificate(Instant from, Instant to, String... uris) {
        return sign(newKeys(), from, to, false, uris);
    }

    private X509Certificate sign(
            KeyPair subject, Instant from, Instant to, boolean authority, String... uris) {
        try {
            var builder =
                    new JcaX509v3CertificateBuilder(
                            new X500Principal("CN=" + name),
                            BigInteger.valueOf(serial.getAndIncrement()),
                            Date.from(from),
                            Date.from(to),
                            new X500Principal(authority ? "CN=" + name : "CN=leaf"),
                            subject.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
            if (uris.length > 0) {
                var names =
                        Arrays.stream(uris)
                                .map(
                                        uri ->
                                                new GeneralName(
                                                        GeneralName.uniformResourceIdentifier, uri))
                                .toArray(GeneralName[]::new);
                builder.addExtension(
                        Extension.subjectAlternativeName, false, new GeneralNames(names));
            }
            var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
        } catch (OperatorCreationException
                | GeneralSecurityException
                | CertIOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static KeyPair newKeys() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(CURVE));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static String pem(Object value) {
        var text = new StringWriter();
        try (var writer = new JcaPEMWriter(text)) {
            writer.writeObject(
                    value instanceof KeyPair pair
                            ? new JcaPKCS8Generator(pair.getPrivate(), null)
                            : value);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.toString();
    }

    private static void replace(Path file, String content) {
        try {
            Files.createDirectories(file.getParent());
            Path beside = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(beside, content);
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
