package io.tlvm.catalog.verification;

import java.io.IOException;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Public key of a publisher: ECDSA on P-256 with SHA-256, the pair that FIPS 186-5 and every HSM
 * know.
 */
public final class SigningKey {
    private static final Pattern PEM =
            Pattern.compile(
                    "\\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]+)-----END PUBLIC"
                            + " KEY-----\\s*");
    private static final int DER_BYTES_MAX = 1024;

    private final ECPublicKey key;
    private final String fingerprint;

    private SigningKey(ECPublicKey key) throws GeneralSecurityException {
        this.key = key;
        this.fingerprint =
                "sha256:"
                        + HexFormat.of()
                                .formatHex(
                                        MessageDigest.getInstance("SHA-256")
                                                .digest(key.getEncoded()));
    }

    /**
     * Reads a PEM SubjectPublicKeyInfo (RFC 7468 section 13).
     *
     * @throws KeyNotAccepted saying what is wrong with it
     */
    public static SigningKey parsePem(String pem) throws KeyNotAccepted {
        Matcher matcher = PEM.matcher(pem);
        if (!matcher.matches()) {
            throw new KeyNotAccepted(
                    "not a PEM block BEGIN PUBLIC KEY (openssl ec -pubout writes one)");
        }
        byte[] der;
        try {
            der = Base64.getMimeDecoder().decode(matcher.group(1));
        } catch (IllegalArgumentException e) {
            throw new KeyNotAccepted("the PEM block is not base64");
        }
        return parseDer(der);
    }

    /** Reads a DER SubjectPublicKeyInfo, see {@link #parsePem}. */
    public static SigningKey parseDer(byte[] der) throws KeyNotAccepted {
        if (der.length > DER_BYTES_MAX) {
            throw new KeyNotAccepted("too long for a P-256 key");
        }
        try {
            if (!(KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(der))
                    instanceof ECPublicKey key)) {
                throw new KeyNotAccepted("not an EC key");
            }
            var parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp256r1"));
            ECParameterSpec p256 = parameters.getParameterSpec(ECParameterSpec.class);
            if (!isOn(p256, key)) {
                throw new KeyNotAccepted("not a key on the curve P-256 (prime256v1)");
            }
            return new SigningKey(key);
        } catch (GeneralSecurityException e) {
            throw new KeyNotAccepted("not a SubjectPublicKeyInfo of an EC key");
        }
    }

    /** The JDK decodes points without asking whether they satisfy y² = x³ + ax + b. */
    private static boolean isOn(ECParameterSpec p256, ECPublicKey key) {
        ECParameterSpec given = key.getParams();
        if (!(p256.getCurve().getField() instanceof ECFieldFp field)
                || !given.getCurve().equals(p256.getCurve())
                || !given.getGenerator().equals(p256.getGenerator())
                || !given.getOrder().equals(p256.getOrder())) {
            return false;
        }
        ECPoint w = key.getW();
        if (w.equals(ECPoint.POINT_INFINITY)) {
            return false;
        }
        BigInteger p = field.getP();
        BigInteger x = w.getAffineX();
        BigInteger y = w.getAffineY();
        BigInteger right =
                x.pow(3).add(p256.getCurve().getA().multiply(x)).add(p256.getCurve().getB()).mod(p);
        return x.signum() >= 0
                && x.compareTo(p) < 0
                && y.signum() >= 0
                && y.compareTo(p) < 0
                && y.multiply(y).mod(p).equals(right);
    }

    /** SHA-256 of the DER SubjectPublicKeyInfo, {@code sha256:<64 hex>}. */
    public String fingerprint() {
        return fingerprint;
    }

    /** DER SubjectPublicKeyInfo. */
    public byte[] der() {
        return key.getEncoded();
    }

    /** True when {@code signature} (DER) is this key's over exactly these bytes. */
    public boolean verifies(byte[] statement, byte[] signature) {
        try {
            var check = Signature.getInstance("SHA256withECDSA");
            check.initVerify(key);
            check.update(statement);
            return check.verify(signature);
        } catch (SignatureException e) {
            return false; // not even the shape of a signature
        } catch (InvalidKeyException e) {
            throw new IllegalStateException("a key that was accepted is not usable", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no ECDSA", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SigningKey that && fingerprint.equals(that.fingerprint);
    }

    @Override
    public int hashCode() {
        return fingerprint.hashCode();
    }

    @Override
    public String toString() {
        return fingerprint;
    }

    /** A key that cannot be pinned. */
    public static final class KeyNotAccepted extends IOException {
        private static final long serialVersionUID = 1L;

        KeyNotAccepted(String why) {
            super(why);
        }
    }
}
