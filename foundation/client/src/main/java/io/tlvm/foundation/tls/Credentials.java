package io.tlvm.foundation.tls;

import io.tlvm.foundation.identity.IdentityRefusedException;
import io.tlvm.foundation.identity.PeerIdentity;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * One consistent generation of the three files: certificate and key belong together, the
 * certificate is valid and carries one id.
 */
record Credentials(
        String filesDigest,
        PeerIdentity identity,
        PrivateKey key,
        List<X509Certificate> chain,
        X509ExtendedTrustManager trust) {

    private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String KEY_END = "-----END PRIVATE KEY-----";

    /** The private key stays out of logs. */
    @Override
    public String toString() {
        return "Credentials[" + identity + "]";
    }

    /** Identifies the content of the files without loading them. */
    static String filesDigest(Path directory) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String file : List.of("tls.crt", "tls.key", "ca.crt")) {
                byte[] content = Files.readAllBytes(directory.resolve(file));
                digest.update(content);
                Arrays.fill(content, (byte) 0);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException unreadable) {
            throw new PkiUnusableException(
                    "cannot read tls.crt, tls.key and ca.crt in " + directory, unreadable);
        } catch (GeneralSecurityException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    static Credentials load(Path directory, Instant now) {
        String digest = filesDigest(directory);
        List<X509Certificate> chain = certificates(directory.resolve("tls.crt"));
        PrivateKey key = privateKey(directory.resolve("tls.key"), chain.getFirst().getPublicKey());
        if (!belongTogether(key, chain.getFirst().getPublicKey())) {
            throw new PkiUnusableException(
                    "tls.key does not belong to tls.crt in " + directory, null);
        }
        PeerIdentity identity;
        try {
            identity = PeerIdentity.of(chain.getFirst(), now);
        } catch (IdentityRefusedException refused) {
            throw new PkiUnusableException(
                    directory.resolve("tls.crt") + ": " + refused.getMessage(), refused);
        }
        return new Credentials(digest, identity, key, chain, trust(directory.resolve("ca.crt")));
    }

    private static List<X509Certificate> certificates(Path file) {
        try (var in = Files.newInputStream(file)) {
            var found =
                    CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (found.isEmpty()) {
                throw new PkiUnusableException(file + " has no certificate", null);
            }
            return found;
        } catch (IOException | CertificateException unreadable) {
            throw new PkiUnusableException("cannot read certificates from " + file, unreadable);
        }
    }

    private static PrivateKey privateKey(Path file, PublicKey partner) {
        byte[] pem = {};
        byte[] der = {};
        try {
            pem = Files.readAllBytes(file);
            String text = new String(pem, StandardCharsets.US_ASCII);
            int begin = text.indexOf(KEY_BEGIN);
            int end = text.indexOf(KEY_END);
            if (begin < 0 || end < begin) {
                throw new PkiUnusableException(
                        file + " has no unencrypted PKCS#8 key (BEGIN PRIVATE KEY)", null);
            }
            der = Base64.getMimeDecoder().decode(text.substring(begin + KEY_BEGIN.length(), end));
            return KeyFactory.getInstance(partner.getAlgorithm())
                    .generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (IOException unreadable) {
            throw new PkiUnusableException("cannot read " + file, unreadable);
        } catch (GeneralSecurityException | IllegalArgumentException damaged) {
            // No cause: its message may quote key material.
            throw new PkiUnusableException(
                    file
                            + " is not a key of the algorithm "
                            + partner.getAlgorithm()
                            + " of the certificate",
                    null);
        } finally {
            Arrays.fill(pem, (byte) 0);
            Arrays.fill(der, (byte) 0);
        }
    }

    /** Two files are replaced one after the other; a pair read in between must not be used. */
    private static boolean belongTogether(PrivateKey key, PublicKey partner) {
        String algorithm =
                switch (partner.getAlgorithm()) {
                    case "EC" -> "SHA256withECDSA";
                    case "RSA" -> "SHA256withRSA";
                    default -> partner.getAlgorithm();
                };
        try {
            byte[] probe = "tlvm".getBytes(StandardCharsets.US_ASCII);
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(probe);
            byte[] signed = signature.sign();
            signature.initVerify(partner);
            signature.update(probe);
            return signature.verify(signed);
        } catch (GeneralSecurityException doNotFit) {
            return false;
        }
    }

    static X509ExtendedTrustManager trust(Path file) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            int index = 0;
            for (X509Certificate authority : certificates(file)) {
                store.setCertificateEntry("ca-" + index++, authority);
            }
            var factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            for (var manager : factory.getTrustManagers()) {
                if (manager instanceof X509ExtendedTrustManager extended) {
                    return extended;
                }
            }
            throw new IllegalStateException(
                    "the PKIX trust manager of this JDK is not an X509ExtendedTrustManager");
        } catch (GeneralSecurityException | IOException unusable) {
            throw new PkiUnusableException("cannot trust the authorities in " + file, unusable);
        }
    }
}
