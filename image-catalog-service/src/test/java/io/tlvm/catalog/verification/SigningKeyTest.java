package io.tlvm.catalog.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;

class SigningKeyTest {
    private static final byte[] STATEMENT = "what is stated".getBytes(StandardCharsets.UTF_8);

    @Test
    void its_own_signature_verifies_and_no_other() throws Exception {
        KeyPair pair = ec("secp256r1");
        SigningKey key = SigningKey.parsePem(pem(pair.getPublic()));

        assertThat(key.verifies(STATEMENT, sign(pair))).isTrue();
        assertThat(key.verifies(STATEMENT, sign(ec("secp256r1")))).isFalse();
        assertThat(key.verifies("what is not".getBytes(StandardCharsets.UTF_8), sign(pair)))
                .isFalse();
        assertThat(key.verifies(STATEMENT, new byte[] {1, 2, 3, 4, 5, 6, 7, 8})).isFalse();
        assertThat(key.verifies(STATEMENT, new byte[0])).isFalse();
    }

    @Test
    void keys_of_other_curves_and_kinds_are_not_pinned() throws Exception {
        assertThatThrownBy(() -> SigningKey.parsePem(pem(ec("secp384r1").getPublic())))
                .isInstanceOf(SigningKey.KeyNotAccepted.class)
                .hasMessageContaining("P-256");
        var rsa = KeyPairGenerator.getInstance("RSA");
        rsa.initialize(2048);
        PublicKey other = rsa.generateKeyPair().getPublic();
        assertThatThrownBy(() -> SigningKey.parsePem(pem(other)))
                .isInstanceOf(SigningKey.KeyNotAccepted.class);
    }

    @Test
    void a_point_off_the_curve_is_not_pinned() throws Exception {
        byte[] der = ec("secp256r1").getPublic().getEncoded();
        der[der.length - 1] ^= 1;
        assertThatThrownBy(() -> SigningKey.parseDer(der))
                .isInstanceOf(SigningKey.KeyNotAccepted.class);
    }

    @Test
    void a_private_key_or_noise_is_not_pinned() throws Exception {
        String secret =
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(ec("secp256r1").getPrivate().getEncoded())
                        + "\n-----END PRIVATE KEY-----\n";
        assertThatThrownBy(() -> SigningKey.parsePem(secret))
                .isInstanceOf(SigningKey.KeyNotAccepted.class);
        assertThatThrownBy(() -> SigningKey.parsePem("hello"))
                .isInstanceOf(SigningKey.KeyNotAccepted.class);
    }

    private static KeyPair ec(String curve) throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private static byte[] sign(KeyPair pair) throws Exception {
        var signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(pair.getPrivate());
        signature.update(STATEMENT);
        return signature.sign();
    }

    private static String pem(PublicKey key) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }
}
