package io.tlvm.agent.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.keyset.ContextInfo;
import io.tlvm.foundation.keyset.Hpke;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

class KeysTest {
    private static final VmUid VM = new VmUid("6f9619ff-8b86-4d01-b42d-00cf4fc964ff");
    private static final VmUid OTHER_VM = new VmUid("11111111-8b86-4d01-b42d-00cf4fc964ff");
    private static final StateRef REF = new StateRef("g7-0a1b2c3d");
    private static final StateRef OTHER_REF = new StateRef("g8-0a1b2c3d");
    private static final NodeName NODE = new NodeName("node-a");

    private Path directory;

    @BeforeEach
    void name_the_directory(@TempDir Path temporary) {
        directory = temporary;
    }

    @Test
    void a_state_key_never_appears_in_its_text_and_is_gone_once_closed() {
        byte[] bytes = random(32);
        String hex = HexFormat.of().formatHex(bytes);
        StateKey key = StateKey.of(bytes);

        assertThat(bytes).as("the array it came in is wiped").containsOnly(0);
        assertThat(key.toString()).doesNotContain(hex).isEqualTo("StateKey[...]");
        assertThat(key.<String, RuntimeException>open(HexFormat.of()::formatHex)).isEqualTo(hex);
        key.close();
        assertThatThrownBy(() -> key.open(byte[]::clone)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void the_array_that_a_key_was_opened_into_is_wiped_afterwards() {
        StateKey key = StateKey.random(new SecureRandom());

        byte[] leaked = key.<byte[], RuntimeException>open(bytes -> bytes);

        assertThat(leaked).containsOnly(0);
    }

    @Test
    void keys_of_another_length_are_refused() {
        assertThatThrownBy(() -> StateKey.of(new byte[31]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> MigrationKey.of(new byte[33]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void derived_keys_are_those_of_rfc_5869_as_openssl_computes_them() throws Exception {
        byte[] secret = random(32);
        String hexInfo =
                HexFormat.of()
                        .formatHex(
                                ContextInfo.of("tlvm/swtpm-key/1", VM.value(), REF.value())
                                        .bytes());
        Process openssl =
                new ProcessBuilder(
                                "openssl",
                                "kdf",
                                "-keylen",
                                "32",
                                "-kdfopt",
                                "digest:SHA256",
                                "-kdfopt",
                                "hexkey:" + HexFormat.of().formatHex(secret),
                                "-kdfopt",
                                "hexinfo:" + hexInfo,
                                "HKDF")
                        .start();
        String expected = new String(openssl.getInputStream().readAllBytes(), US_ASCII);
        assertThat(openssl.waitFor(10, TimeUnit.SECONDS)).isTrue();

        try (StateKey key = StateKey.of(secret);
                DirectoryKeys keys = DirectoryKeys.derive(key, VM, REF)) {
            assertThat(hexLine(keys.swtpmKey()))
                    .isEqualTo(expected.replace(":", "").strip().toLowerCase(Locale.ROOT) + "\n");
        }
    }

    @Test
    void each_directory_and_machine_has_keys_of_its_own() throws IOException {
        try (StateKey key = StateKey.random(new SecureRandom());
                DirectoryKeys keys = DirectoryKeys.derive(key, VM, REF);
                DirectoryKeys again = DirectoryKeys.derive(key, VM, REF);
                DirectoryKeys otherRef = DirectoryKeys.derive(key, VM, OTHER_REF);
                DirectoryKeys otherVm = DirectoryKeys.derive(key, OTHER_VM, REF)) {
            byte[] payload = {1, 2, 3};
            assertThat(hexLine(keys.swtpmKey())).isEqualTo(hexLine(again.swtpmKey()));
            assertThat(hexLine(keys.swtpmKey())).isNotEqualTo(hexLine(otherRef.swtpmKey()));
            assertThat(hexLine(keys.swtpmKey())).isNotEqualTo(hexLine(otherVm.swtpmKey()));
            assertThat(keys.digestOf(payload)).isEqualTo(again.digestOf(payload));
            assertThat(keys.digestOf(payload)).isNotEqualTo(otherRef.digestOf(payload));
        }
    }

    @Test
    void no_two_contexts_look_alike() {
        assertThat(ContextInfo.of("label", "ab", "c").bytes())
                .isNotEqualTo(ContextInfo.of("label", "a", "bc").bytes());
        assertThat(ContextInfo.of("label", "a").bytes())
                .isNotEqualTo(ContextInfo.of("label", "a", "").bytes());
    }

    @Test
    void a_one_time_key_opens_only_what_was_sealed_to_it_for_the_same_purpose() throws Exception {
        ContextInfo purpose = ContextInfo.of("tlvm/test/1", VM.value(), "op-1");
        byte[] secret = random(32);
        OneTimeKey target = OneTimeKey.generate();
        OneTimeKey other = OneTimeKey.generate();
        byte[] sealed = Hpke.seal(target.publicKey(), secret, purpose);

        assertThat(target.publicKey()).hasSize(32).isNotEqualTo(other.publicKey());
        assertThat(sealed).hasSize(80);
        assertThat(target.open(sealed, purpose)).isEqualTo(secret);
        assertThatThrownBy(() -> other.open(sealed, purpose))
                .isInstanceOf(GeneralSecurityException.class);
        assertThatThrownBy(
                        () ->
                                target.open(
                                        sealed, ContextInfo.of("tlvm/test/1", VM.value(), "op-2")))
                .isInstanceOf(GeneralSecurityException.class);
        for (int i = 0; i < sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i] ^= 1;
            assertThatThrownBy(() -> target.open(changed, purpose))
                    .isInstanceOf(GeneralSecurityException.class);
        }
        target.close();
        assertThatThrownBy(() -> target.open(sealed, purpose))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void a_public_key_that_is_none_is_refused() {
        ContextInfo purpose = ContextInfo.of("tlvm/test/1");

        assertThatThrownBy(() -> Hpke.seal(new byte[31], new byte[32], purpose))
                .isInstanceOf(GeneralSecurityException.class);
        assertThatThrownBy(() -> Hpke.seal(new byte[32], new byte[32], purpose))
                .as("the point of order 1 gives everybody the same secret")
                .isInstanceOf(GeneralSecurityException.class);
    }

    @Test
    void a_node_keyset_is_made_once_and_opens_its_wraps_after_a_restart() throws Exception {
        Path file = directory.resolve("node.keyset");
        NodeKeyset first = NodeKeyset.loadOrCreate(file, NODE);
        byte[] secret = random(32);
        KeyWrap wrap = first.wrap(StateKey.of(secret.clone()), VM, REF);

        NodeKeyset restarted = NodeKeyset.loadOrCreate(file, NODE);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(restarted.publicKey()).isEqualTo(first.publicKey()).hasSize(32);
        StateKey key = restarted.unwrap(wrap, VM, REF);
        assertThat(key.<byte[], RuntimeException>open(byte[]::clone)).isEqualTo(secret);
    }

    @Test
    void a_wrap_opens_for_no_other_node_machine_or_directory() throws Exception {
        NodeKeyset node = NodeKeyset.loadOrCreate(directory.resolve("a"), NODE);
        NodeKeyset renamed =
                NodeKeyset.loadOrCreate(directory.resolve("a"), new NodeName("node-b"));
        NodeKeyset other = NodeKeyset.loadOrCreate(directory.resolve("b"), NODE);
        KeyWrap wrap = node.wrap(StateKey.random(new SecureRandom()), VM, REF);

        assertThatThrownBy(() -> node.unwrap(wrap, OTHER_VM, REF))
                .isInstanceOf(GeneralSecurityException.class);
        assertThatThrownBy(() -> node.unwrap(wrap, VM, OTHER_REF))
                .isInstanceOf(GeneralSecurityException.class);
        assertThatThrownBy(() -> renamed.unwrap(wrap, VM, REF))
                .isInstanceOf(GeneralSecurityException.class);
        assertThatThrownBy(() -> other.unwrap(wrap, VM, REF))
                .isInstanceOf(GeneralSecurityException.class);
        for (int i = 0; i < wrap.sealed().size(); i++) {
            byte[] changed = wrap.sealed().toByteArray();
            changed[i] ^= (byte) 0x80;
            KeyWrap broken = new KeyWrap(wrap.recipient(), ByteString.copyFrom(changed));
            assertThatThrownBy(() -> node.unwrap(broken, VM, REF))
                    .isInstanceOf(GeneralSecurityException.class);
        }
    }

    @Test
    void a_recovery_key_opens_its_own_wrap() throws Exception {
        OneTimeKey recovery = OneTimeKey.generate();
        Recipient recipient = Recipient.recovery("key-1");
        byte[] secret = random(32);

        KeyWrap wrap =
                KeyWrap.wrap(StateKey.of(secret.clone()), recipient, recovery.publicKey(), VM, REF);

        assertThat(
                        recovery.open(
                                wrap.sealed().toByteArray(),
                                ContextInfo.of(
                                        "tlvm/state-key-wrap/1",
                                        VM.value(),
                                        REF.value(),
                                        "recovery/key-1")))
                .isEqualTo(secret);
    }

    @Test
    void a_keyset_that_others_may_read_or_that_is_broken_is_neither_used_nor_replaced()
            throws Exception {
        Path file = directory.resolve("node.keyset");
        NodeKeyset.loadOrCreate(file, NODE);
        byte[] content = Files.readAllBytes(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> NodeKeyset.loadOrCreate(file, NODE))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("rw-r-----");

        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Files.write(file, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> NodeKeyset.loadOrCreate(file, NODE))
                .isInstanceOf(IOException.class);
        assertThat(Files.readAllBytes(file)).containsExactly(1, 2, 3);

        Files.write(file, content);
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        assertThatThrownBy(() -> NodeKeyset.loadOrCreate(link, NODE))
                .isInstanceOf(IOException.class);
    }

    private static String hexLine(SwtpmKey key) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        key.writeHexLine(out);
        return out.toString(US_ASCII);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }
}
