package io.tlvm.agent.gueststate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.agent.file.FileOwner;
import io.tlvm.agent.firmware.FirmwareImage;
import io.tlvm.agent.firmware.FirmwareImages;
import io.tlvm.agent.firmware.FirmwareKind;
import io.tlvm.agent.firmware.VariableStore;
import io.tlvm.agent.gueststate.ManifestCheck.TpmFound;
import io.tlvm.agent.gueststate.ManifestCheck.Verdict;
import io.tlvm.agent.keys.DirectoryKeys;
import io.tlvm.agent.keys.KeyWrap;
import io.tlvm.agent.keys.MigrationKey;
import io.tlvm.agent.keys.NodeKeyset;
import io.tlvm.agent.keys.OneTimeKey;
import io.tlvm.agent.keys.Recipient;
import io.tlvm.agent.keys.StateKey;
import io.tlvm.agent.tpm.EkAuthority;
import io.tlvm.agent.tpm.EndorsementKey;
import io.tlvm.agent.tpm.PermanentState;
import io.tlvm.agent.tpm.RunningSwtpm;
import io.tlvm.agent.tpm.SwtpmSetup;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import org.jspecify.annotations.Nullable;
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
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A whole state directory with a real vTPM and real UEFI variables; one TPM is made, every sentence
 * has a copy of it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GuestStateTest {
    private static final VmUid VM = new VmUid("6f9619ff-8b86-4d01-b42d-00cf4fc964ff");
    private static final VmUid OTHER_VM = new VmUid("11111111-8b86-4d01-b42d-00cf4fc964ff");
    private static final StateRef REF = new StateRef("g1-0a1b2c3d");
    private static final StateRef OTHER_REF = new StateRef("g2-0a1b2c3d");
    private static final NodeName NODE = new NodeName("node-a");
    private static final NodeName OTHER_NODE = new NodeName("node-b");
    private static final int SOME_USER = 64123;

    private Path temporary;
    private FileOwner owner;
    private FirmwareImage firmware;
    private NodeKeyset node;
    private OneTimeKey recovery;
    private byte[] secret;
    private Path manufactured;
    private EndorsementKey ek;

    private Path storage;
    private StateTree tree;
    private StateDirectory directory;
    private DirectoryKeys keys;
    private Manifest manifest;

    @BeforeAll
    void manufacture_one_tpm(@TempDir Path shared) throws Exception {
        temporary = shared;
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwx--x--x"));
        boolean root = FileOwner.ofThisProcess().uid() == 0;
        owner = root ? new FileOwner(SOME_USER, SOME_USER) : FileOwner.ofThisProcess();
        firmware = new FirmwareImages(FirmwareImages.DEBIAN).find(FirmwareKind.SECURE_BOOT);
        node = NodeKeyset.loadOrCreate(temporary.resolve("node.keyset"), NODE);
        recovery = OneTimeKey.generate();
        secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        manufactured = Files.createDirectory(temporary.resolve("manufactured"));
        try (StateKey key = StateKey.of(secret.clone());
                DirectoryKeys derived = DirectoryKeys.derive(key, VM, REF)) {
            ek =
                    new SwtpmSetup(EkAuthority.in(temporary), Duration.ofSeconds(60))
                            .manufacture(manufactured, derived.swtpmKey(), owner, VM);
        }
    }

    @BeforeEach
    void publish_a_directory() throws Exception {
        storage = Files.createTempDirectory(temporary, "storage");
        Files.setPosixFilePermissions(storage, PosixFilePermissions.fromString("rwx--x--x"));
        tree = new StateTree(storage);
        StateDirectory staged = tree.stage(VM, REF);
        try (StateKey key = StateKey.of(secret.clone())) {
            keys = DirectoryKeys.derive(key, VM, REF);
            StateKeyFile.write(
                    staged,
                    List.of(
                            node.wrap(key, VM, REF),
                            KeyWrap.wrap(
                                    key, Recipient.recovery("k1"), recovery.publicKey(), VM, REF)));
        }
        try (Stream<Path> files = Files.list(manufactured)) {
            for (Path file : files.toList()) {
                Files.copy(file, staged.tpm().resolve(file.getFileName()));
                owner.take(staged.tpm().resolve(file.getFileName()), "rw-------");
            }
        }
        owner.take(staged.tpm(), "rwx------");
        Digest variables = store(staged).create(firmware);
        TpmFound found = new StartExamination(staged, keys, firmware.variableSize(), owner).tpm();
        if (!(found instanceof TpmFound.Authentic(Digest payload))) {
            throw new AssertionError(found);
        }
        manifest =
                new Manifest(
                        VM,
                        REF,
                        NODE,
                        1,
                        Manifest.Status.CLOSED,
                        Epoch.NONE,
                        false,
                        Optional.of(
                                new Manifest.Tpm(
                                        payload,
                                        ek.fingerprint(),
                                        MigrationKey.random(new SecureRandom()),
                                        "0.7.1")),
                        variables,
                        firmware.id(),
                        List.of());
        ManifestFile.write(staged, manifest, keys);
        if (!(tree.publish(staged)
                instanceof StateTree.Publication.Published(StateDirectory published))) {
            throw new AssertionError("not published");
        }
        directory = published;
    }

    @AfterEach
    void wipe_the_keys() {
        keys.close();
    }

    @Test
    void a_published_directory_is_found_and_may_start() throws Exception {
        assertThat(tree.open(VM, REF)).contains(directory);
        assertThat(tree.machines()).containsExactly(VM);
        assertThat(tree.contents(VM))
                .isEqualTo(new StateTree.Contents(List.of(REF), List.of(), List.of(), List.of()));
        assertThat(verdict())
                .isEqualTo(new Verdict.Startable(manifest.payload(), manifest.variables(), false));
    }

    @Test
    void only_tpm_and_variables_belong_to_the_machine_s_user() throws IOException {
        FileOwner agent = FileOwner.ofThisProcess();
        for (Path passable : List.of(directory.path(), directory.path().getParent())) {
            assertThat(mode(passable)).isEqualTo("rwx--x--x");
            assertThat(FileOwner.of(passable)).isEqualTo(agent);
        }
        for (Path secretFile : List.of(directory.manifest(), directory.key())) {
            assertThat(mode(secretFile)).isEqualTo("rw-------");
            assertThat(FileOwner.of(secretFile)).isEqualTo(agent);
        }
        assertThat(mode(directory.tpm())).isEqualTo("rwx------");
        assertThat(FileOwner.of(directory.tpm())).isEqualTo(owner);
        assertThat(mode(directory.variables())).isEqualTo("rw-------");
        assertThat(FileOwner.of(directory.variables())).isEqualTo(owner);
    }

    @Test
    void swtpm_starts_from_the_published_directory_and_the_manifest_still_matches()
            throws Exception {
        Path run = Files.createTempDirectory(temporary, "run");
        owner.take(run, "rwx------");

        try (RunningSwtpm swtpm =
                RunningSwtpm.start(directory.tpm(), run, keys.swtpmKey(), owner)) {
            assertThat(swtpm.init()).startsWith("0 ");
        }

        assertThat(verdict()).isInstanceOf(Verdict.Startable.class);
    }

    @Test
    void a_second_publication_of_the_same_name_changes_nothing() throws IOException {
        StateDirectory again = tree.stage(VM, REF);

        assertThat(tree.publish(again)).isEqualTo(new StateTree.Publication.NameTaken(directory));
        assertThat(tree.contents(VM).staged()).containsExactly(".new-" + REF);
        tree.discard(VM, REF);
        assertThat(tree.contents(VM).staged()).isEmpty();
        assertThat(verdict()).isInstanceOf(Verdict.Startable.class);
    }

    @Test
    void staging_again_throws_away_what_a_crash_left() throws IOException {
        StateDirectory first = tree.stage(VM, OTHER_REF);
        Files.writeString(first.key(), "left by a crash");

        StateDirectory second = tree.stage(VM, OTHER_REF);

        assertThat(second).isEqualTo(first);
        assertThat(second.key()).doesNotExist();
        assertThat(tree.open(VM, OTHER_REF)).isEmpty();
    }

    @Test
    void the_node_and_the_recovery_key_open_the_key_file_and_nobody_else() throws Exception {
        StateKeyFile.Reading.Wraps wraps = wraps(directory);

        try (StateKey key = node.unwrap(wraps.of(node.recipient()).orElseThrow(), VM, REF)) {
            assertThat(key.<byte[], RuntimeException>open(byte[]::clone)).isEqualTo(secret);
        }
        assertThat(wraps.of(Recipient.recovery("k1"))).isPresent();
        assertThat(wraps.of(Recipient.node(OTHER_NODE))).isEmpty();
        NodeKeyset stranger = NodeKeyset.loadOrCreate(storage.resolve("stranger.keyset"), NODE);
        assertThatThrownBy(() -> stranger.unwrap(wraps.of(node.recipient()).orElseThrow(), VM, REF))
                .isInstanceOf(GeneralSecurityException.class);
    }

    @Test
    void a_key_file_moved_to_another_directory_is_foreign() throws IOException {
        StateDirectory other = tree.stage(VM, OTHER_REF);
        Files.copy(directory.key(), other.key());

        assertThat(StateKeyFile.read(other)).isInstanceOf(StateKeyFile.Reading.Foreign.class);
    }

    @Test
    void every_changed_byte_of_the_manifest_is_refused() throws IOException {
        byte[] whole = Files.readAllBytes(directory.manifest());

        for (int i = 0; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= (byte) (1 << (i % 8));
            Files.write(directory.manifest(), changed);
            assertThat(ManifestFile.read(directory, keys))
                    .as("byte %d", i)
                    .isNotInstanceOf(ManifestFile.Reading.Valid.class);
        }
        for (int length = 0; length < whole.length; length++) {
            Files.write(directory.manifest(), Arrays.copyOf(whole, length));
            assertThat(ManifestFile.read(directory, keys))
                    .isNotInstanceOf(ManifestFile.Reading.Valid.class);
        }
        Files.write(directory.manifest(), Arrays.copyOf(whole, whole.length + 2));
        assertThat(ManifestFile.read(directory, keys))
                .isNotInstanceOf(ManifestFile.Reading.Valid.class);
    }

    @Test
    void the_manifest_comes_back_as_it_was_written() throws IOException {
        Manifest run =
                manifest.opened(OTHER_NODE, new Epoch(9)).changed(manifest.payload(), digest('a'));
        ManifestFile.write(directory, run, keys);

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
                .containsExactly(new Manifest.PastState(2, run.payload(), manifest.variables()));
        assertThat(read.toString()).contains("MigrationKey[...]");
    }

    @Test
    void a_manifest_of_another_directory_or_under_another_key_is_refused() throws IOException {
        StateDirectory other = tree.stage(VM, OTHER_REF);
        Files.copy(directory.manifest(), other.manifest());
        try (StateKey key = StateKey.random(new SecureRandom());
                DirectoryKeys others = DirectoryKeys.derive(key, VM, REF)) {
            assertThat(ManifestFile.read(other, keys))
                    .isEqualTo(
                            new ManifestFile.Reading.Foreign(VM + "/" + OTHER_REF, VM + "/" + REF));
            assertThat(ManifestFile.read(directory, others))
                    .isInstanceOf(ManifestFile.Reading.Rejected.class);
        }
        assertThat(ManifestFile.read(new StateDirectory(OTHER_VM, REF, directory.path()), keys))
                .isInstanceOf(ManifestFile.Reading.Foreign.class);
    }

    @Test
    void a_directory_without_manifest_is_not_started() throws IOException {
        Files.delete(directory.manifest());

        assertRefused(StartRefusal.ManifestMissing.class);
    }

    @Test
    void missing_empty_truncated_and_foreign_tpm_state_is_refused_and_no_new_one_is_made()
            throws Exception {
        Path state = directory.permanentState();
        byte[] whole = Files.readAllBytes(state);

        Files.write(state, new byte[0]);
        assertRefused(StartRefusal.TpmRejected.class);
        Files.write(state, Arrays.copyOf(whole, whole.length - 1));
        assertRefused(StartRefusal.TpmRejected.class);
        byte[] flipped = whole.clone();
        flipped[whole.length / 2] ^= 1;
        Files.write(state, flipped);
        assertThat(assertRefused(StartRefusal.TpmRejected.class).message())
                .contains("expected vTPM state with digest " + manifest.payload().orElseThrow())
                .contains("it was changed, or written under another key");
        Files.delete(state);
        Files.createSymbolicLink(state, manufactured.resolve(PermanentState.FILE_NAME));
        assertRefused(StartRefusal.TpmUnreadable.class);
        Files.delete(state);
        assertRefused(StartRefusal.TpmMissing.class);
        assertThat(Files.exists(state, LinkOption.NOFOLLOW_LINKS)).isFalse();
    }

    @Test
    void a_closed_manifest_names_the_exact_variables_and_an_open_one_allows_newer_ones()
            throws IOException {
        byte[] image = Files.readAllBytes(directory.variables());
        image[image.length - 1] ^= 1;
        Digest newer = store(directory).replace(image);

        assertThat(assertRefused(StartRefusal.VariablesDiffer.class))
                .isEqualTo(new StartRefusal.VariablesDiffer(manifest.variables(), newer));
        ManifestFile.write(directory, manifest.opened(NODE, new Epoch(2)), keys);
        assertThat(verdict()).isEqualTo(new Verdict.Startable(manifest.payload(), newer, true));
    }

    @Test
    void variables_that_are_missing_or_of_another_size_are_refused() throws IOException {
        Files.write(directory.variables(), new byte[1000]);
        assertThat(assertRefused(StartRefusal.VariablesSize.class).message())
                .contains("540672 bytes", "1000 bytes");
        Files.delete(directory.variables());
        assertRefused(StartRefusal.VariablesMissing.class);
    }

    @Test
    void an_earlier_state_is_a_rollback_also_while_the_manifest_is_open() throws IOException {
        Digest now = digest('b');
        Manifest later = manifest.opened(NODE, new Epoch(2)).changed(Optional.of(now), digest('c'));
        ManifestFile.write(directory, later, keys);

        assertThat(assertRefused(StartRefusal.TpmRolledBack.class))
                .isEqualTo(
                        new StartRefusal.TpmRolledBack(
                                now, manifest.payload().orElseThrow(), later.seq() - 1));
    }

    @Test
    void a_closed_manifest_names_the_exact_tpm_state_and_an_open_one_allows_a_newer_one()
            throws IOException {
        Manifest other = withPayload(digest('d'), Manifest.Status.CLOSED);
        ManifestFile.write(directory, other, keys);
        assertRefused(StartRefusal.TpmDiffers.class);

        ManifestFile.write(directory, withPayload(digest('d'), Manifest.Status.OPEN), keys);
        assertThat(verdict()).isInstanceOf(Verdict.Startable.class);
    }

    @Test
    void what_the_control_plane_heard_last_must_not_be_newer_or_different() throws IOException {
        Optional<Digest> payload = manifest.payload();
        Digest variables = manifest.variables();

        assertThat(refusal(expecting(new Checkpoint(2, payload, variables))))
                .isEqualTo(new StartRefusal.ManifestStale(2, 1));
        assertThat(refusal(expecting(new Checkpoint(1, payload, digest('e')))))
                .isInstanceOf(StartRefusal.CheckpointDiffers.class);
        assertThat(examine(expecting(new Checkpoint(1, payload, variables))))
                .isInstanceOf(Verdict.Startable.class);
    }

    @Test
    void another_tpm_another_node_and_a_tpm_where_none_belongs_are_refused() throws IOException {
        Optional<Digest> ours = Optional.of(ek.fingerprint());

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

    @Test
    void a_history_remembers_the_newest_states_and_only_so_many() {
        Manifest run = manifest.opened(NODE, new Epoch(2));
        for (int i = 0; i < 100; i++) {
            run =
                    run.changed(
                            Optional.of(new Digest("sha256:%064x".formatted(i))),
                            manifest.variables());
        }

        assertThat(run.history()).hasSize(Manifest.HISTORY_MAX);
        assertThat(run.history().getFirst().seq()).isEqualTo(run.seq() - 1);
        assertThat(run.pastSeqOfPayload(new Digest("sha256:%064x".formatted(98))))
                .contains(run.seq() - 1);
        assertThat(run.closed(run.payload(), run.variables()).history()).isEqualTo(run.history());
    }

    @Test
    void destruction_leaves_nothing_and_may_be_repeated() throws IOException {
        tree.destroy(VM, REF);
        tree.destroy(VM, REF);

        assertThat(tree.open(VM, REF)).isEmpty();
        assertThat(tree.contents(VM).refs()).isEmpty();
        try (Stream<Path> left = Files.walk(storage)) {
            assertThat(left).allMatch(Files::isDirectory);
        }
    }

    @Test
    void what_a_crash_in_the_middle_of_destruction_leaves_cannot_be_opened_by_the_node()
            throws IOException {
        byte[] tpmState = Files.readAllBytes(directory.permanentState());
        Files.delete(directory.key()); // what destroy() does and syncs first

        assertThat(StateKeyFile.read(directory)).isEqualTo(new StateKeyFile.Reading.Missing());
        assertThat(tpmState).hasSizeGreaterThan(1000);
        tree.destroy(VM, REF);
        assertThat(directory.path()).doesNotExist();
    }

    @Test
    void destruction_follows_no_symbolic_link() throws IOException {
        Path precious = Files.createDirectory(storage.resolve("precious"));
        Files.writeString(precious.resolve("file"), "of somebody else");
        Files.createSymbolicLink(directory.tpm().resolve("link"), precious);
        Files.createDirectory(directory.tpm().resolve("deep"));
        Files.createSymbolicLink(directory.tpm().resolve("deep/link"), precious.resolve("file"));

        tree.destroy(VM, REF);

        assertThat(directory.path()).doesNotExist();
        assertThat(precious.resolve("file")).hasContent("of somebody else");
    }

    @Test
    void a_scan_names_what_does_not_belong() throws IOException {
        Files.writeString(directory.path().resolveSibling("notes.txt"), "");
        Files.createSymbolicLink(
                directory.path().resolveSibling(OTHER_REF.value()), directory.path());
        Files.createFile(tree.disk(VM, "root", new Epoch(3)));
        tree.stage(VM, new StateRef("g5-0a1b2c3d"));

        assertThat(tree.contents(VM))
                .isEqualTo(
                        new StateTree.Contents(
                                List.of(REF),
                                List.of(".new-g5-0a1b2c3d"),
                                List.of("root.3"),
                                List.of(OTHER_REF.value(), "notes.txt")));
        assertThat(tree.open(VM, OTHER_REF)).isEmpty();
        tree.destroyDisk(VM, "root", new Epoch(3));
        tree.destroyDisk(VM, "root", new Epoch(3));
        assertThat(tree.contents(VM).disks()).isEmpty();
        assertThat(tree.contents(OTHER_VM).refs()).isEmpty();
    }

    @Test
    void a_disk_name_cannot_lead_out_of_its_directory() {
        assertThatThrownBy(() -> tree.disk(VM, "../" + REF + "/KEY", new Epoch(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void variables_are_replaced_as_a_whole_and_only_in_their_own_size() throws IOException {
        VariableStore store = store(directory);
        byte[] image = Files.readAllBytes(directory.variables());
        image[7] ^= 1;

        Digest written = store.replace(image);

        assertThat(store.snapshot())
                .isInstanceOfSatisfying(
                        VariableStore.Snapshot.Complete.class,
                        snapshot -> {
                            assertThat(snapshot.digest()).isEqualTo(written);
                            assertThat(snapshot.image().toByteArray()).isEqualTo(image);
                        });
        assertThat(FileOwner.of(directory.variables())).isEqualTo(owner);
        assertThatThrownBy(() -> store.replace(new byte[10]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(store.snapshot()).isInstanceOf(VariableStore.Snapshot.Complete.class);
    }

    @Test
    void a_manifest_written_over_a_crash_s_leftover_is_whole() throws IOException {
        Files.writeString(directory.path().resolve(".new-MANIFEST"), "torn");

        ManifestFile.write(directory, manifest.opened(NODE, new Epoch(2)), keys);

        assertThat(readManifest().seq()).isEqualTo(2);
        assertThat(directory.path().resolve(".new-MANIFEST")).doesNotExist();
    }

    private Manifest withPayload(Digest payload, Manifest.Status status) {
        Manifest.Tpm tpm = manifest.tpm().orElseThrow();
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
                manifest.variables(),
                firmware.id(),
                List.of());
    }

    private <R extends StartRefusal> R assertRefused(Class<R> kind) throws IOException {
        StartRefusal why = refusal(expecting(null));
        assertThat(why).isInstanceOf(kind);
        assertThat(why.message()).isNotBlank();
        return kind.cast(why);
    }

    private StartRefusal refusal(Expectation expected) throws IOException {
        return switch (examine(expected)) {
            case Verdict.Refused(StartRefusal why) -> why;
            case Verdict.Startable startable -> throw new AssertionError("may start: " + startable);
        };
    }

    private Verdict verdict() throws IOException {
        return examine(expecting(null));
    }

    private Expectation expecting(@Nullable Checkpoint checkpoint) {
        return new Expectation(
                VM, REF, NODE, Optional.of(ek.fingerprint()), Optional.ofNullable(checkpoint));
    }

    private Verdict examine(Expectation expected) throws IOException {
        return new StartExamination(directory, keys, firmware.variableSize(), owner)
                .examine(expected)
                .verdict();
    }

    private Manifest readManifest() throws IOException {
        return switch (ManifestFile.read(directory, keys)) {
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

    private VariableStore store(StateDirectory in) {
        return new VariableStore(in.variables(), firmware.variableSize(), owner);
    }

    private static Digest digest(char digit) {
        return new Digest("sha256:" + String.valueOf(digit).repeat(64));
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
