package io.tlvm.agent.tpm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.agent.keys.DirectoryKeys;
import io.tlvm.agent.keys.StateKey;
import io.tlvm.agent.keys.SwtpmKey;
import io.tlvm.agent.tpm.PermanentState.Defect;
import io.tlvm.agent.tpm.PermanentState.Reading;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;

import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Files as swtpm 0.7.1 writes them, whatever the length of what is in them. */
class PermanentStateTest {
    private static final int PADDED_TO = 32;

    private final SwtpmKey key =
            DirectoryKeys.derive(
                            StateKey.random(new SecureRandom()),
                            new VmUid("4a1b6f0e-9d4e-4f57-8a55-0f6c0a3ad111"),
                            new StateRef("g1-4a1b6f0e"))
                    .swtpmKey();

    @AfterEach
    void wipe() {
        key.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 1321})
    void a_payload_of_any_length_is_read_back(int length) throws GeneralSecurityException {
        byte[] payload = new byte[length];
        new SecureRandom().nextBytes(payload);
        int padding = PADDED_TO - length % PADDED_TO;
        byte[] padded = Arrays.copyOf(payload, length + padding);
        Arrays.fill(padded, length, padded.length, (byte) padding);

        Reading reading = PermanentState.read(file(padded), key);

        assertThat(reading).isInstanceOf(Reading.Authentic.class);
        assertThat(((Reading.Authentic) reading).payload().sha256().value())
                .isEqualTo(
                        "sha256:"
                                + HexFormat.of()
                                        .formatHex(
                                                MessageDigest.getInstance("SHA-256")
                                                        .digest(payload)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 1321})
    void a_payload_is_stored_again_under_another_key_and_opens_with_that_alone(int length)
            throws GeneralSecurityException {
        byte[] payload = new byte[length];
        new SecureRandom().nextBytes(payload);
        SwtpmKey other =
                DirectoryKeys.derive(
                                StateKey.random(new SecureRandom()),
                                new VmUid("4a1b6f0e-9d4e-4f57-8a55-0f6c0a3ad111"),
                                new StateRef("g2-4a1b6f0e"))
                        .swtpmKey();

        byte[] stored = PermanentState.write(payload, other, new SecureRandom());

        assertThat(PermanentState.read(stored, other))
                .isInstanceOfSatisfying(
                        Reading.Authentic.class,
                        opened -> assertThat(opened.payload().size()).isEqualTo(length));
        assertThat(PermanentState.read(stored, key)).isInstanceOf(Reading.Rejected.class);
    }

    @Test
    void a_padding_that_does_not_add_up_is_refused() throws GeneralSecurityException {
        byte[] tooLong = new byte[PADDED_TO * 2];
        Arrays.fill(tooLong, (byte) (PADDED_TO + 1));
        byte[] none = new byte[PADDED_TO];
        byte[] mixed = new byte[PADDED_TO];
        mixed[PADDED_TO - 1] = 2;
        mixed[PADDED_TO - 2] = 1;

        for (byte[] padded : new byte[][] {tooLong, none, mixed}) {
            assertThat(PermanentState.read(file(padded), key))
                    .isInstanceOfSatisfying(
                            Reading.Rejected.class,
                            rejected ->
                                    assertThat(rejected.why())
                                            .isInstanceOf(Defect.Malformed.class));
        }
    }

    private byte[] file(byte[] padded) throws GeneralSecurityException {
        byte[] iv = new byte[32];
        new SecureRandom().nextBytes(iv);
        return key.open(
                bytes -> {
                    Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
                    cipher.init(
                            Cipher.ENCRYPT_MODE,
                            new SecretKeySpec(bytes, "AES"),
                            new IvParameterSpec(iv, 0, 16));
                    byte[] ciphertext = cipher.doFinal(padded);
                    Mac mac = Mac.getInstance("HmacSHA256");
                    mac.init(new SecretKeySpec(bytes, "HmacSHA256"));
                    mac.update(ciphertext);
                    mac.update(iv);
                    ByteBuffer file = ByteBuffer.allocate(10 + 3 * 6 + ciphertext.length + 64);
                    file.put((byte) 2).put((byte) 1).putShort((short) 10).putShort((short) 9);
                    file.putInt(file.capacity());
                    part(file, 2, ciphertext);
                    part(file, 3, mac.doFinal());
                    part(file, 6, iv);
                    return file.array();
                });
    }

    private static void part(ByteBuffer file, int tag, byte[] value) {
        file.putShort((short) tag).putInt(value.length).put(value);
    }
}
