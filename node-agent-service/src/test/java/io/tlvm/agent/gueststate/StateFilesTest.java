package io.tlvm.agent.gueststate;

import static io.tlvm.agent.gueststate.StateLab.NODE;
import static io.tlvm.agent.gueststate.StateLab.OTHER_NODE;
import static io.tlvm.agent.gueststate.StateLab.OTHER_REF;
import static io.tlvm.agent.gueststate.StateLab.OTHER_VM;
import static io.tlvm.agent.gueststate.StateLab.REF;
import static io.tlvm.agent.gueststate.StateLab.VM;
import static io.tlvm.agent.gueststate.StateLab.digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.agent.firmware.VariableStore;
import io.tlvm.agent.gueststate.StateLab.Published;
import io.tlvm.agent.keys.DirectoryKeys;
import io.tlvm.agent.keys.NodeKeyset;
import io.tlvm.agent.keys.Recipient;
import io.tlvm.agent.keys.StateKey;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;

/** The files of one directory: KEY, MANIFEST and the UEFI variables. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StateFilesTest {
    private StateLab lab;
    private Published state;

    @BeforeAll
    void manufacture_one_tpm(@TempDir Path shared) throws Exception {
        lab = new StateLab(shared);
    }

    @BeforeEach
    void publish_a_directory() throws Exception {
        state = lab.publish();
    }

    @AfterEach
    void wipe_the_keys() {
        state.close();
    }

    @Test
    void the_node_and_the_recovery_key_open_the_key_file_and_nobody_else() throws Exception {
        StateKeyFile.Reading.Wraps wraps = wraps(state.directory());

        try (StateKey key =
                lab.node.unwrap(wraps.of(lab.node.recipient()).orElseThrow(), VM, REF)) {
            assertThat(key.<byte[], RuntimeException>open(byte[]::clone)).isEqualTo(lab.secret);
        }
        assertThat(wraps.of(Recipient.recovery("k1"))).isPresent();
        assertThat(wraps.of(Recipient.node(OTHER_NODE))).isEmpty();
        NodeKeyset stranger =
                NodeKeyset.loadOrCreate(state.storage().resolve("stranger.keyset"), NODE);
        assertThatThrownBy(
                        () ->
                                stranger.unwrap(
                                        wraps.of(lab.node.recipient()).orElseThrow(), VM, REF))
                .isInstanceOf(GeneralSecurityException.class);
    }

    @Test
    void a_key_file_moved_to_another_directory_is_foreign() throws IOException {
        StateDirectory other = state.tree().stage(VM, OTHER_REF);
        Files.copy(state.directory().key(), other.key());

        assertThat(StateKeyFile.read(other)).isInstanceOf(StateKeyFile.Reading.Foreign.class);
    }

    @Test
    void every_changed_byte_of_the_manifest_is_refused() throws IOException {
        byte[] whole = Files.readAllBytes(state.directory().manifest());

        for (int i = 0; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= (byte) (1 << (i % 8));
            Files.write(state.directory().manifest(), changed);
            assertThat(ManifestFile.read(state.directory(), state.keys()))
                    .as("byte %d", i)
                    .isNotInstanceOf(ManifestFile.Reading.Valid.class);
        }
        for (int length = 0; length < whole.length; length++) {
            Files.write(state.directory().manifest(), Arrays.copyOf(whole, length));
            assertThat(ManifestFile.read(state.directory(), state.keys()))
                    .isNotInstanceOf(ManifestFile.Reading.Valid.class);
        }
        Files.write(state.directory().manifest(), Arrays.copyOf(whole, whole.length + 2));
        assertThat(ManifestFile.read(state.directory(), state.keys()))
                .isNotInstanceOf(ManifestFile.Reading.Valid.class);
    }

    @Test
    void the_manifest_comes_back_as_it_was_written() throws IOException {
        Manifest run =
                state.manifest()
                        .opened(OTHER_NODE, new Epoch(9))
                        .changed(state.manifest().payload(), digest('a'));
        ManifestFile.write(state.directory(), run, state.keys());

        Manifest read = readManifest();

        assertThat(read).usingRecursiveComparison().ignoringFields("tpm").isEqualTo(run);
        byte[] migrationKey = run.tpm().orElseThrow().migrationKey().open(byte[]::clone);
        assertThat(
                        read.tpm()
                                .orElseThrow()
                                .migrationKey()
                                .<byte[], RuntimeException>open(byte[]::clone))
                .isEqualTo(migrationKey);
        assertThat(read.payload()).isEqualTo(run.payload());
        assertThat(read.history())
                .containsExactly(
                        new Manifest.PastState(2, run.payload(), state.manifest().variables()));
        assertThat(read.toString()).contains("MigrationKey[...]");
    }

    @Test
    void a_manifest_of_another_directory_or_under_another_key_is_refused() throws IOException {
        StateDirectory other = state.tree().stage(VM, OTHER_REF);
        Files.copy(state.directory().manifest(), other.manifest());
        try (StateKey key = StateKey.random(new SecureRandom());
                DirectoryKeys others = DirectoryKeys.derive(key, VM, REF)) {
            assertThat(ManifestFile.read(other, state.keys()))
                    .isEqualTo(
                            new ManifestFile.Reading.Foreign(VM + "/" + OTHER_REF, VM + "/" + REF));
            assertThat(ManifestFile.read(state.directory(), others))
                    .isInstanceOf(ManifestFile.Reading.Rejected.class);
        }
        assertThat(
                        ManifestFile.read(
                                new StateDirectory(OTHER_VM, REF, state.directory().path()),
                                state.keys()))
                .isInstanceOf(ManifestFile.Reading.Foreign.class);
    }

    @Test
    void a_manifest_written_over_a_crash_s_leftover_is_whole() throws IOException {
        Files.writeString(state.directory().path().resolve(".new-MANIFEST"), "torn");

        ManifestFile.write(
                state.directory(), state.manifest().opened(NODE, new Epoch(2)), state.keys());

        assertThat(readManifest().seq()).isEqualTo(2);
        assertThat(state.directory().path().resolve(".new-MANIFEST")).doesNotExist();
    }

    @Test
    void a_history_remembers_the_newest_states_and_only_so_many() {
        Manifest run = state.manifest().opened(NODE, new Epoch(2));
        for (int i = 0; i < 100; i++) {
            run =
                    run.changed(
                            Optional.of(new Digest("sha256:%064x".formatted(i))),
                            state.manifest().variables());
        }

        assertThat(run.history()).hasSize(Manifest.HISTORY_MAX);
        assertThat(run.history().getFirst().seq()).isEqualTo(run.seq() - 1);
        assertThat(run.pastSeqOfPayload(new Digest("sha256:%064x".formatted(98))))
                .contains(run.seq() - 1);
        assertThat(run.closed(run.payload(), run.variables()).history()).isEqualTo(run.history());
    }

    @Test
    void variables_are_replaced_as_a_whole_and_only_in_their_own_size() throws IOException {
        VariableStore store = lab.store(state.directory());
        byte[] image = Files.readAllBytes(state.directory().variables());
        image[7] ^= 1;

        Digest written = store.replace(image);

        assertThat(store.snapshot())
                .isInstanceOfSatisfying(
                        VariableStore.Snapshot.Complete.class,
                        snapshot -> {
                            assertThat(snapshot.digest()).isEqualTo(written);
                            assertThat(snapshot.image().toByteArray()).isEqualTo(image);
                        });
        assertThat(FileOwner.of(state.directory().variables())).isEqualTo(lab.owner);
        assertThatThrownBy(() -> store.replace(new byte[10]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(store.snapshot()).isInstanceOf(VariableStore.Snapshot.Complete.class);
    }

    private Manifest readManifest() throws IOException {
        return switch (ManifestFile.read(state.directory(), state.keys())) {
            case ManifestFile.Reading.Valid(Manifest read) -> read;
            case ManifestFile.Reading other -> throw new AssertionError(other);
        };
    }

    private static StateKeyFile.Reading.Wraps wraps(StateDirectory directory) throws IOException {
        return switch (StateKeyFile.read(directory)) {
            case StateKeyFile.Reading.Wraps wraps -> wraps;
            case StateKeyFile.Reading other -> throw new AssertionError(other);
        };
    }
}
