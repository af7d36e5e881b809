package io.tlvm.agent.gueststate;

import static io.tlvm.agent.gueststate.StateLab.NODE;
import static io.tlvm.agent.gueststate.StateLab.OTHER_NODE;
import static io.tlvm.agent.gueststate.StateLab.OTHER_REF;
import static io.tlvm.agent.gueststate.StateLab.REF;
import static io.tlvm.agent.gueststate.StateLab.VM;
import static io.tlvm.agent.gueststate.StateLab.digest;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.agent.gueststate.ManifestCheck.Verdict;
import io.tlvm.agent.gueststate.StateLab.Published;
import io.tlvm.agent.tpm.PermanentState;
import io.tlvm.agent.tpm.RunningSwtpm;
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
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What may start: exactly the state that was sealed, and nothing that was put in its place. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StartExaminationTest {
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
    void swtpm_starts_from_the_published_directory_and_the_manifest_still_matches()
            throws Exception {
        Path run = Files.createTempDirectory(lab.temporary, "run");
        lab.owner.take(run, "rwx------");

        try (RunningSwtpm swtpm =
                RunningSwtpm.start(
                        state.directory().tpm(), run, state.keys().swtpmKey(), lab.owner)) {
            assertThat(swtpm.init()).startsWith("0 ");
        }

        assertThat(verdict()).isInstanceOf(Verdict.Startable.class);
    }

    @Test
    void a_directory_without_manifest_is_not_started() throws IOException {
        Files.delete(state.directory().manifest());

        assertRefused(StartRefusal.ManifestMissing.class);
    }

    @Test
    void missing_empty_truncated_and_foreign_tpm_state_is_refused_and_no_new_one_is_made()
            throws Exception {
        Path file = state.directory().permanentState();
        byte[] whole = Files.readAllBytes(file);

        Files.write(file, new byte[0]);
        assertRefused(StartRefusal.TpmRejected.class);
        Files.write(file, Arrays.copyOf(whole, whole.length - 1));
        assertRefused(StartRefusal.TpmRejected.class);
        byte[] flipped = whole.clone();
        flipped[whole.length / 2] ^= 1;
        Files.write(file, flipped);
        assertThat(assertRefused(StartRefusal.TpmRejected.class).message())
                .contains(
                        "expected vTPM state with digest "
                                + state.manifest().payload().orElseThrow())
                .contains("it was changed, or written under another key");
        Files.delete(file);
        Files.createSymbolicLink(file, lab.manufactured.resolve(PermanentState.FILE_NAME));
        assertRefused(StartRefusal.TpmUnreadable.class);
        Files.delete(file);
        assertRefused(StartRefusal.TpmMissing.class);
        assertThat(Files.exists(file, LinkOption.NOFOLLOW_LINKS)).isFalse();
    }

    @Test
    void a_closed_manifest_names_the_exact_variables_and_an_open_one_allows_newer_ones()
            throws IOException {
        byte[] image = Files.readAllBytes(state.directory().variables());
        image[image.length - 1] ^= 1;
        Digest newer = lab.store(state.directory()).replace(image);

        assertThat(assertRefused(StartRefusal.VariablesDiffer.class))
                .isEqualTo(new StartRefusal.VariablesDiffer(state.manifest().variables(), newer));
        ManifestFile.write(
                state.directory(), state.manifest().opened(NODE, new Epoch(2)), state.keys());
        assertThat(verdict())
                .isEqualTo(new Verdict.Startable(state.manifest().payload(), newer, true));
    }

    @Test
    void variables_that_are_missing_or_of_another_size_are_refused() throws IOException {
        Files.write(state.directory().variables(), new byte[1000]);
        assertThat(assertRefused(StartRefusal.VariablesSize.class).message())
                .contains("540672 bytes", "1000 bytes");
        Files.delete(state.directory().variables());
        assertRefused(StartRefusal.VariablesMissing.class);
    }

    @Test
    void an_earlier_state_is_a_rollback_also_while_the_manifest_is_open() throws IOException {
        Digest now = digest('b');
        Manifest later =
                state.manifest().opened(NODE, new Epoch(2)).changed(Optional.of(now), digest('c'));
        ManifestFile.write(state.directory(), later, state.keys());

        assertThat(assertRefused(StartRefusal.TpmRolledBack.class))
                .isEqualTo(
                        new StartRefusal.TpmRolledBack(
                                now, state.manifest().payload().orElseThrow(), later.seq() - 1));
    }

    @Test
    void a_closed_manifest_names_the_exact_tpm_state_and_an_open_one_allows_a_newer_one()
            throws IOException {
        Manifest other = withPayload(digest('d'), Manifest.Status.CLOSED);
        ManifestFile.write(state.directory(), other, state.keys());
        assertRefused(StartRefusal.TpmDiffers.class);

        ManifestFile.write(
                state.directory(), withPayload(digest('d'), Manifest.Status.OPEN), state.keys());
        assertThat(verdict()).isInstanceOf(Verdict.Startable.class);
    }

    @Test
    void what_the_control_plane_heard_last_must_not_be_newer_or_different() throws IOException {
        Optional<Digest> payload = state.manifest().payload();
        Digest variables = state.manifest().variables();

        assertThat(refusal(lab.expecting(new Checkpoint(2, payload, variables))))
                .isEqualTo(new StartRefusal.ManifestStale(2, 1));
        assertThat(refusal(lab.expecting(new Checkpoint(1, payload, digest('e')))))
                .isInstanceOf(StartRefusal.CheckpointDiffers.class);
        assertThat(lab.examine(state, lab.expecting(new Checkpoint(1, payload, variables))))
                .isInstanceOf(Verdict.Startable.class);
    }

    @Test
    void another_tpm_another_node_and_a_tpm_where_none_belongs_are_refused() throws IOException {
        Optional<Digest> ours = Optional.of(lab.ek.fingerprint());

        assertThat(
                        refusal(
                                new Expectation(
                                        VM, REF, NODE, Optional.of(digest('f')), Optional.empty())))
                .isInstanceOf(StartRefusal.OtherTpm.class);
        assertThat(refusal(new Expectation(VM, REF, NODE, Optional.empty(), Optional.empty())))
                .isInstanceOf(StartRefusal.OtherTpm.class);
        assertThat(refusal(new Expectation(VM, REF, OTHER_NODE, ours, Optional.empty())))
                .isEqualTo(new StartRefusal.SealedElsewhere(OTHER_NODE, NODE));
        assertThat(refusal(new Expectation(VM, OTHER_REF, NODE, ours, Optional.empty())))
                .isInstanceOf(StartRefusal.ManifestForeign.class);
    }

    private Manifest withPayload(Digest payload, Manifest.Status status) {
        Manifest.Tpm tpm = state.manifest().tpm().orElseThrow();
        return new Manifest(
                VM,
                REF,
                NODE,
                2,
                status,
                new Epoch(2),
                true,
                Optional.of(
                        new Manifest.Tpm(
                                payload, tpm.ekFingerprint(), tpm.migrationKey(), "0.7.1")),
                state.manifest().variables(),
                lab.firmware.id(),
                List.of());
    }

    private <R extends StartRefusal> R assertRefused(Class<R> kind) throws IOException {
        StartRefusal why = refusal(lab.expecting(null));
        assertThat(why).isInstanceOf(kind);
        assertThat(why.message()).isNotBlank();
        return kind.cast(why);
    }

    private StartRefusal refusal(Expectation expected) throws IOException {
        return switch (lab.examine(state, expected)) {
            case Verdict.Refused(StartRefusal why) -> why;
            case Verdict.Startable startable -> throw new AssertionError("may start: " + startable);
        };
    }

    private Verdict verdict() throws IOException {
        return lab.examine(state, lab.expecting(null));
    }
}
