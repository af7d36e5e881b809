package io.tlvm.foundation.identity;

import io.tlvm.foundation.identity.IdentityRefusal.NotOneUri;
import io.tlvm.foundation.identity.IdentityRefusal.NotValidNow;
import io.tlvm.foundation.identity.IdentityRefusal.Unreadable;

import org.jspecify.annotations.Nullable;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;

/**
 * What a certificate says about its holder. Says nothing about who issued it: the chain is checked
 * in the handshake.
 *
 * @param id the only URI name of the certificate
 * @param fingerprint {@code sha256:} and 64 hexadecimal digits over the DER form
 * @param notAfter end of validity
 */
public record PeerIdentity(SpiffeId id, String fingerprint, Instant notAfter) {

    /** GeneralName tag uniformResourceIdentifier, RFC 5280 §4.2.1.6. */
    private static final Integer URI_NAME = 6;

    /**
     * Reads the identity.
     *
     * @throws IdentityRefusedException unless the certificate is valid at {@code now} and has
     *     exactly one URI name, which is a {@link SpiffeId}
     */
    public static PeerIdentity of(X509Certificate certificate, Instant now) {
        Instant from = certificate.getNotBefore().toInstant();
        Instant to = certificate.getNotAfter().toInstant();
        if (now.isBefore(from) || now.isAfter(to)) {
            throw new IdentityRefusedException(new NotValidNow(from, to, now));
        }
        return new PeerIdentity(SpiffeId.parse(onlyUri(certificate)), fingerprint(certificate), to);
    }

    /** The SHA-256 over the DER form, written as a digest of this product. */
    public static String fingerprint(X509Certificate certificate) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            return "sha256:" + HexFormat.of().formatHex(hash);
        } catch (CertificateEncodingException notDer) {
            throw new IdentityRefusedException(new Unreadable(String.valueOf(notDer.getMessage())));
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    private static String onlyUri(X509Certificate certificate) {
        @Nullable Collection<List<?>> names;
        try {
            names = certificate.getSubjectAlternativeNames();
        } catch (CertificateParsingException damaged) {
            throw new IdentityRefusedException(
                    new Unreadable(String.valueOf(damaged.getMessage())));
        }
        List<String> uris =
                names == null
                        ? List.of()
                        : names.stream()
                                .filter(name -> URI_NAME.equals(name.get(0)))
                                .map(name -> (String) name.get(1))
                                .toList();
        if (uris.size() != 1) {
            throw new IdentityRefusedException(new NotOneUri(uris.size()));
        }
        return uris.getFirst();
    }
}
