package io.tlvm.foundation.backup;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.keyset.Hpke;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/**
 * The public key of somebody who can open backups. In files it is PEM as RFC 8410 has it for
 * X25519.
 *
 * @param publicKey 32 bytes, X25519
 */
public record RecipientKey(ByteString publicKey) {
    private static final String BEGIN = "-----BEGIN PUBLIC KEY-----";
    private static final String END = "-----END PUBLIC KEY-----";

    /** SubjectPublicKeyInfo with id-X25519, up to the key itself. */
    private static final ByteString PREFIX =
            ByteString.copyFrom(HexFormat.of().parseHex("302a300506032b656e032100"));

    /** Refuses a key of another length. */
    public RecipientKey {
        if (publicKey.size() != Hpke.PUBLIC_KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "an X25519 public key has %d bytes, not %d"
                            .formatted(Hpke.PUBLIC_KEY_LENGTH, publicKey.size()));
        }
    }

    /** A key as its holder has it. */
    public static RecipientKey of(byte[] publicKey) {
        return new RecipientKey(ByteString.copyFrom(publicKey));
    }

    /**
     * Reads PEM.
     *
     * @throws IllegalArgumentException when it is none, or a key of another kind
     */
    public static RecipientKey parsePem(String pem) {
        int begin = pem.indexOf(BEGIN);
        int end = pem.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalArgumentException("there is no PUBLIC KEY in it");
        }
        ByteString der =
                ByteString.copyFrom(
                        Base64.getMimeDecoder().decode(pem.substring(begin + BEGIN.length(), end)));
        if (!der.startsWith(PREFIX) || der.size() != PREFIX.size() + Hpke.PUBLIC_KEY_LENGTH) {
            throw new IllegalArgumentException("it is no X25519 public key (RFC 8410)");
        }
        return new RecipientKey(der.substring(PREFIX.size()));
    }

    /** PEM, with a line feed at the end. */
    public String pem() {
        byte[] der = PREFIX.concat(publicKey).toByteArray();
        return BEGIN
                + "\n"
                + new String(Base64.getEncoder().encode(der), US_ASCII)
                + "\n"
                + END
                + "\n";
    }

    /** {@code sha256:} and 64 hexadecimal digits over the 32 bytes. */
    public String id() {
        return sha256(publicKey.toByteArray());
    }

    static String sha256(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
