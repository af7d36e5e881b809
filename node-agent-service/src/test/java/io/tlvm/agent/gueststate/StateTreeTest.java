package io.tlvm.agent.gueststate;

import static io.tlvm.agent.gueststate.StateLab.OTHER_REF;
import static io.tlvm.agent.gueststate.StateLab.OTHER_VM;
import static io.tlvm.agent.gueststate.StateLab.REF;
import static io.tlvm.agent.gueststate.StateLab.VM;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.agent.gueststate.ManifestCheck.Verdict;
import io.tlvm.agent.gueststate.StateLab.Published;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.StateRef;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/** Directories come, are found and go, with what a crash leaves of them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StateTreeTest {
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
    void a_published_directory_is_found_and_may_start() throws Exception {
        assertThat(state.tree().open(VM, REF)).contains(state.directory());
        assertThat(state.tree().machines()).containsExactly(VM);
        assertThat(state.tree().contents(VM))
                .isEqualTo(new StateTree.Contents(List.of(REF), List.of(), List.of(), List.of()));
        assertThat(verdict())
                .isEqualTo(
                        new Verdict.Startable(
                                state.manifest().payload(), state.manifest().variables(), false));
    }

    @Test
    void only_tpm_and_variables_belong_to_the_machine_s_user() throws IOException {
        FileOwner agent = FileOwner.ofThisProcess();
        for (Path passable :
                List.of(state.directory().path(), state.directory().path().getParent())) {
            assertThat(mode(passable)).isEqualTo("rwx--x--x");
            assertThat(FileOwner.of(passable)).isEqualTo(agent);
        }
        for (Path secretFile : List.of(state.directory().manifest(), state.directory().key())) {
            assertThat(mode(secretFile)).isEqualTo("rw-------");
            assertThat(FileOwner.of(secretFile)).isEqualTo(agent);
        }
        assertThat(mode(state.directory().tpm())).isEqualTo("rwx------");
        assertThat(FileOwner.of(state.directory().tpm())).isEqualTo(lab.owner);
        assertThat(mode(state.directory().variables())).isEqualTo("rw-------");
        assertThat(FileOwner.of(state.directory().variables())).isEqualTo(lab.owner);
    }

    @Test
    void a_second_publication_of_the_same_name_changes_nothing() throws IOException {
        StateDirectory again = state.tree().stage(VM, REF);

        assertThat(state.tree().publish(again))
                .isEqualTo(new StateTree.Publication.NameTaken(state.directory()));
        assertThat(state.tree().contents(VM).staged()).containsExactly(".new-" + REF);
        state.tree().discard(VM, REF);
        assertThat(state.tree().contents(VM).staged()).isEmpty();
        assertThat(verdict()).isInstanceOf(Verdict.Startable.class);
    }

    @Test
    void staging_again_throws_away_what_a_crash_left() throws IOException {
        StateDirectory first = state.tree().stage(VM, OTHER_REF);
        Files.writeString(first.key(), "left by a crash");

        StateDirectory second = state.tree().stage(VM, OTHER_REF);

        assertThat(second).isEqualTo(first);
        assertThat(second.key()).doesNotExist();
        assertThat(state.tree().open(VM, OTHER_REF)).isEmpty();
    }

    @Test
    void destruction_leaves_nothing_and_may_be_repeated() throws IOException {
        state.tree().destroy(VM, REF);
        state.tree().destroy(VM, REF);

        assertThat(state.tree().open(VM, REF)).isEmpty();
        assertThat(state.tree().contents(VM).refs()).isEmpty();
        try (Stream<Path> left = Files.walk(state.storage())) {
            assertThat(left).allMatch(Files::isDirectory);
        }
    }

    @Test
    void what_a_crash_in_the_middle_of_destruction_leaves_cannot_be_opened_by_the_node()
            throws IOException {
        byte[] tpmState = Files.readAllBytes(state.directory().permanentState());
        Files.delete(state.directory().key()); // what destroy() does and syncs first

        assertThat(StateKeyFile.read(state.directory()))
                .isEqualTo(new StateKeyFile.Reading.Missing());
        assertThat(tpmState).hasSizeGreaterThan(1000);
        state.tree().destroy(VM, REF);
        assertThat(state.directory().path()).doesNotExist();
    }

    @Test
    void destruction_follows_no_symbolic_link() throws IOException {
        Path precious = Files.createDirectory(state.storage().resolve("precious"));
        Files.writeString(precious.resolve("file"), "of somebody else");
        Files.createSymbolicLink(state.directory().tpm().resolve("link"), precious);
        Files.createDirectory(state.directory().tpm().resolve("deep"));
        Files.createSymbolicLink(
                state.directory().tpm().resolve("deep/link"), precious.resolve("file"));

        state.tree().destroy(VM, REF);

        assertThat(state.directory().path()).doesNotExist();
        assertThat(precious.resolve("file")).hasContent("of somebody else");
    }

    @Test
    void a_scan_names_what_does_not_belong() throws IOException {
        Files.writeString(state.directory().path().resolveSibling("notes.txt"), "");
        Files.createSymbolicLink(
                state.directory().path().resolveSibling(OTHER_REF.value()),
                state.directory().path());
        Files.createFile(state.tree().disk(VM, "root", new Epoch(3)));
        state.tree().stage(VM, new StateRef("g5-0a1b2c3d"));

        assertThat(state.tree().contents(VM))
                .isEqualTo(
                        new StateTree.Contents(
                                List.of(REF),
                                List.of(".new-g5-0a1b2c3d"),
                                List.of("root.3"),
                                List.of(OTHER_REF.value(), "notes.txt")));
        assertThat(state.tree().open(VM, OTHER_REF)).isEmpty();
        state.tree().destroyDisk(VM, "root", new Epoch(3));
        state.tree().destroyDisk(VM, "root", new Epoch(3));
        assertThat(state.tree().contents(VM).disks()).isEmpty();
        assertThat(state.tree().contents(OTHER_VM).refs()).isEmpty();
    }

    @Test
    void a_disk_name_cannot_lead_out_of_its_directory() {
        assertThatThrownBy(() -> state.tree().disk(VM, "../" + REF + "/KEY", new Epoch(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private Verdict verdict() throws IOException {
        return lab.examine(state, lab.expecting(null));
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
