package io.tlvm.agent.gueststate;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.agent.keys.DirectoryKeys;
import io.tlvm.agent.keys.Recipient;
import io.tlvm.agent.keys.StateKey;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Files that an earlier agent wrote must load for ever. A new format gets a new sample; no sample
 * is ever changed.
 */
class StoredSamplesTest {
    private static final VmUid VM = new VmUid("6f9619ff-8b86-4d01-b42d-00cf4fc964ff");
    private static final StateRef REF = new StateRef("g1-0a1b2c3d");
    private static final Digest A = new Digest("sha256:" + "a".repeat(64));
    private static final Digest B = new Digest("sha256:" + "b".repeat(64));

    /** Sealed under a state key of 32 bytes 0x07; its migration key is 32 bytes 0x09. */
    private static final String MANIFEST_1 =
            "0801122436663936313966662d386238362d346430312d623432642d3030636634666339363466661a0b67312d306131"
                + "623263336422066e6f64652d612803328e04305bf5737e90bd066b9dd901565cd6edc6140e9258bc3af2d658e7403955"
                + "d89fa1e545c33b2b4d9f9f118d54cefd264c4255accdf841f95ee7d5158ca3ecaa836b820eaaba5afc2793791b7e2f52"
                + "639231d0558e82e349539c33dfb469bfd7772a0351dfebd38c218a98305a7aeaf9cdb13ea61501a2134b3ae6ed285a12"
                + "76d49e3890e96c41a3fe4472bd59cdcdc8310c8acf853969aa92bcaf163d9c4d7a94010aa693e521816fa1fd66b34ba8"
                + "bdc7c40db831818a316e15edbedd21c8b14f8158963d64252ab585422f307b6679f400b16122009a70a806dbdcea39ff"
                + "4592722cdc6e6474c5c8155dc9376287748d84462c11724bb924ac1feb281ec68d12f55a0d9772b57e24f71b46440642"
                + "29cc25d6ee9d263c4a19b8aca2e46ff9323989c2eba705b10d832a445755aff1dc061b9e6af7d852dcfc81a03dec5836"
                + "e2836edd6d3116725221e7cbad6eca88e8dcec6f2c0854c938cb2666df07462af8352bc8a74dc5978256f0a7cfd87d96"
                + "2d4a8081d287805d79ff983c015490b993bccc513af73d65ed2914842f9b737bea73bf905f1f601470cbd9ea56ff89a1"
                + "4421c7090b9b5688ae022aabd0bb308e43e4ff319f1f55bcf0a4d1f1f4c63059d25a8913e99328a98420559abcf6ddef"
                + "91fb840181c33d913300cdb9650889616274d2097a3d71b68daeda674d0ecc49dffad08501f2d2325e209a3c2ce9e49a"
                + "4cedd052c4c8572cef02dd76228e2dde";

    /** Wrapped for a node whose keyset is gone: only its form is read here. */
    private static final String KEY_1 =
            "0801122436663936313966662d386238362d346430312d623432642d3030636634666339363466661a0b67312d306131"
                + "6232633364225f0a0b6e6f64652f6e6f64652d61125042ba783da5ddb6d143a8595c42ca0c475713dc46cc842fa07c76"
                + "7844d584431fdbfc0ca05dd2cf8776c398a432b71fc8f4a66f5e45a4a3b3f4a1ee324888b907949d58119b9174e0eab5"
                + "5f25bcfad904225f0a0b7265636f766572792f6b311250d6a135a788904a79be02ace8c331b1e11a4659b7b72153143e"
                + "16241522d71b57f0c3e9fdf291bde2a72f950942a71dee8abbee1b91775df2b00150ae5289247abbec5090afe11d3d6c"
                + "ccf73a0b676bf7";

    @Test
    void a_manifest_of_format_1_still_loads(@TempDir Path directory) throws IOException {
        StateDirectory state = new StateDirectory(VM, REF, directory);
        Files.write(state.manifest(), HexFormat.of().parseHex(MANIFEST_1));
        byte[] secret = new byte[32];
        Arrays.fill(secret, (byte) 7);
        byte[] migrationKey = new byte[32];
        Arrays.fill(migrationKey, (byte) 9);

        try (StateKey key = StateKey.of(secret);
                DirectoryKeys keys = DirectoryKeys.derive(key, VM, REF)) {
            assertThat(ManifestFile.read(state, keys))
                    .isInstanceOfSatisfying(
                            ManifestFile.Reading.Valid.class,
                            valid -> {
                                Manifest manifest = valid.manifest();
                                assertThat(manifest.node()).isEqualTo(new NodeName("node-a"));
                                assertThat(manifest.seq()).isEqualTo(3);
                                assertThat(manifest.status()).isEqualTo(Manifest.Status.OPEN);
                                assertThat(manifest.ranEpoch()).isEqualTo(new Epoch(2));
                                assertThat(manifest.here()).isTrue();
                                assertThat(manifest.payload()).contains(B);
                                assertThat(manifest.tpm().orElseThrow().ekFingerprint())
                                        .isEqualTo(A);
                                assertThat(
                                                manifest.tpm()
                                                        .orElseThrow()
                                                        .migrationKey()
                                                        .<byte[], RuntimeException>open(
                                                                byte[]::clone))
                                        .isEqualTo(migrationKey);
                                assertThat(manifest.variables()).isEqualTo(B);
                                assertThat(manifest.firmwareId()).isEqualTo("OVMF@" + A);
                                assertThat(manifest.history())
                                        .isEqualTo(
                                                List.of(
                                                        new Manifest.PastState(
                                                                2, Optional.of(A), A)));
                            });
        }
    }

    @Test
    void a_key_file_of_format_1_still_loads(@TempDir Path directory) throws IOException {
        StateDirectory state = new StateDirectory(VM, REF, directory);
        Files.write(state.key(), HexFormat.of().parseHex(KEY_1));

        assertThat(StateKeyFile.read(state))
                .isInstanceOfSatisfying(
                        StateKeyFile.Reading.Wraps.class,
                        wraps ->
                                assertThat(wraps.wraps())
                                        .extracting(wrap -> wrap.recipient())
                                        .containsExactly(
                                                Recipient.node(new NodeName("node-a")),
                                                Recipient.recovery("k1")));
    }
}
