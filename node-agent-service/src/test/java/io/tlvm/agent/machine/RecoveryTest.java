package io.tlvm.agent.machine;

import static io.tlvm.agent.machine.AgentLab.eventually;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;

import io.tlvm.agent.file.ContentDigest;
import io.tlvm.agent.firmware.FirmwareKind;
import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.gueststate.Manifest;
import io.tlvm.agent.gueststate.StateDirectory;
import io.tlvm.agent.keys.KeyWrap;
import io.tlvm.agent.keys.OneTimeKey;
import io.tlvm.agent.machine.AgentLab.Node;
import io.tlvm.agent.probe.FirmwareSupport;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.keyset.Hpke;
import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.foundation.keyset.RecoveryKey;
import io.tlvm.node.v1.MachineState;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.RowSeen;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A machine whose node is lost, on a path that another node reaches; real QEMU and swtpm. */
class RecoveryTest {
    private static final String KEY_ID = "k1";
    private static final OneTimeKey VAULT = OneTimeKey.generate();
    private static AgentLab lab;
    private static Node a;
    private static Node b;
    private LabMachine machine;

    @BeforeAll
    static void open() throws Exception {
        lab = new AgentLab();
        a = lab.node("node-a");
        b = lab.node("node-b");
    }

    @BeforeEach
    void create() throws Exception {
        a.equipment.keys().learn(recoveryKey());
        b.equipment.keys().learn(recoveryKey());
        machine = new LabMachine(lab);
    }

    @AfterAll
    static void close() throws Exception {
        lab.close();
    }

    @Test
    void a_guest_whose_node_lost_power_runs_on_another_node_with_the_same_tpm() throws Exception {
        Node lostNode = a;
        Answer.Created made = machine.create(lostNode);
        machine.start(lostNode);
        losePower(lostNode);
        Path lost = machine.files();
        Map<String, Digest> before = contents(lost);
        long ran = machine.epoch();

        var recovery = machine.recover(lostNode);
        ByteString key = seal(b, recovery, stateKey(machine, machine.directory(), made.wraps()));
        Answer.Stored stored = (Answer.Stored) recovery.store(b, key, fingerprint(made));
        assertThat(recovery.store(b, key, fingerprint(made)))
                .as("a repeated call answers the same")
                .isEqualTo(stored);
        recovery.stored();

        assertThat(contents(lost)).as("the lost node's directory is only read").isEqualTo(before);
        Manifest manifest = manifest(b, machine);
        assertThat(manifest.ranEpoch()).isEqualTo(new Epoch(ran));
        assertThat(manifest.here()).isFalse();
        assertThat(manifest.tpm().orElseThrow().ekFingerprint()).isEqualTo(fingerprint(made));
        assertThat(FileOwner.of(machine.permall().orElseThrow())).isEqualTo(lab.owner(machine));
        assertThat(FileOwner.of(machine.files().resolve("VARS.fd"))).isEqualTo(lab.owner(machine));
        assertThat(machine.start(b)).isInstanceOf(Answer.Activated.class);
        assertThat(b.driver(machine).report().getState())
                .isEqualTo(MachineState.MACHINE_STATE_RUNNING);
        assertThat(machine.stop(b)).isInstanceOf(Answer.Exited.class);
        assertThat(stateKey(machine, machine.directory(), stored.wraps()))
                .as("a key of its own, that can be recovered again")
                .isNotEqualTo(stateKey(machine, recoverySource(lost), made.wraps()));
    }

    @Test
    void a_machine_that_never_ran_is_recovered_too() throws Exception {
        Answer.Created made = machine.create(a);

        var recovery = machine.recover(a);
        Answer answer =
                recovery.store(
                        b,
                        seal(b, recovery, stateKey(machine, machine.directory(), made.wraps())),
                        fingerprint(made));
        recovery.stored();

        assertThat(answer).isInstanceOf(Answer.Stored.class);
        assertThat(machine.start(b)).isInstanceOf(Answer.Activated.class);
        machine.stop(b);
    }

    @Test
    void what_an_agent_that_was_killed_left_half_done_is_removed_by_the_next_try()
            throws Exception {
        Answer.Created made = machine.create(a);
        var recovery = machine.recover(a);
        Path staged = machine.home().resolve(".new-" + recovery.into);
        Files.createDirectory(staged);
        Files.createDirectory(staged.resolve("tpm"));
        Files.write(staged.resolve("VARS.fd"), new byte[100]);

        Answer answer =
                recovery.store(
                        b,
                        seal(b, recovery, stateKey(machine, machine.directory(), made.wraps())),
                        fingerprint(made));

        assertThat(answer).isInstanceOf(Answer.Stored.class);
        assertThat(staged).doesNotExist();
    }

    @Test
    void a_full_medium_leaves_nothing_and_the_next_try_succeeds() throws Exception {
        assumeTrue(AgentLab.isRoot(), "only root mounts a file system of one megabyte");
        Answer.Created made = machine.create(a);
        byte[] key = stateKey(machine, machine.directory(), made.wraps());
        Path home = machine.home();
        Path copy = lab.root.resolve("home");
        run("cp", "-a", home.toString(), copy.toString());
        run("mount", "-t", "tmpfs", "-o", "size=1m,mode=0711", "none", home.toString());
        try {
            run("cp", "-a", "--sparse=always", copy + "/.", home.toString());
            var recovery = machine.recover(a);
            ByteString sealed = seal(b, recovery, key);

            assertThatThrownBy(() -> recovery.store(b, sealed, fingerprint(made)))
                    .isInstanceOfSatisfying(
                            MachineRefused.class,
                            refused ->
                                    assertThat(refused.refusal())
                                            .isInstanceOf(MachineRefusal.HostFailed.class));
            assertNothingMade(recovery.into);

            run("mount", "-o", "remount,size=8m", home.toString());
            assertThat(recovery.store(b, sealed, fingerprint(made)))
                    .isInstanceOf(Answer.Stored.class);
        } finally {
            run("umount", "-l", home.toString());
        }
    }

    private static void run(String... command) throws Exception {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    @Test
    void state_that_is_not_what_was_sealed_is_evidence_and_nothing_is_made() throws Exception {
        Answer.Created made = machine.create(a);
        byte[] key = stateKey(machine, machine.directory(), made.wraps());
        Path permall = machine.permall().orElseThrow();
        byte[] intact = Files.readAllBytes(permall);

        byte[] flipped = intact.clone();
        flipped[flipped.length / 2] ^= 1;
        Files.write(permall, flipped);
        assertRefused(made, key, "changed, or written under another key");
        Files.write(permall, new byte[0]);
        assertRefused(made, key, "0 bytes");
        Files.delete(permall);
        assertRefused(made, key, "found no file");

        LabMachine other = new LabMachine(lab);
        other.create(a);
        Files.copy(other.permall().orElseThrow(), permall);
        assertRefused(made, key, "changed, or written under another key");

        Files.write(permall, intact);
        Path variables = machine.files().resolve("VARS.fd");
        byte[] image = Files.readAllBytes(variables);
        image[image.length - 1] ^= 1;
        Files.write(variables, image);
        assertRefused(made, key, "variables");
    }

    @Test
    void the_state_of_another_tpm_or_no_state_at_all_is_evidence() throws Exception {
        Answer.Created made = machine.create(a);
        byte[] key = stateKey(machine, machine.directory(), made.wraps());

        var recovery = machine.recover(a);
        Answer otherTpm =
                recovery.store(b, seal(b, recovery, key), new Digest("sha256:" + "0".repeat(64)));
        assertThat(otherTpm)
                .isInstanceOfSatisfying(
                        Answer.StateRefused.class,
                        refused -> assertThat(refused.evidence()).contains("endorsement key"));
        assertThat(machine.home().resolve(recovery.into.value())).doesNotExist();

        Files.move(machine.files(), machine.home().resolve("moved-away"));
        assertRefused(made, key, "no such directory");
    }

    @Test
    void a_key_for_another_node_attempt_or_directory_opens_nothing() throws Exception {
        Answer.Created made = machine.create(a);
        byte[] key = stateKey(machine, machine.directory(), made.wraps());
        var first = machine.recover(a);
        ByteString ofFirst = seal(b, first, key);
        var second = machine.recover(a);
        ByteString forA = seal(a, second, key);

        for (ByteString wrong : List.of(ofFirst, forA)) {
            assertThatThrownBy(() -> second.store(b, wrong, fingerprint(made)))
                    .isInstanceOfSatisfying(
                            MachineRefused.class,
                            refused ->
                                    assertThat(refused.refusal())
                                            .isInstanceOf(MachineRefusal.KeyRefused.class));
        }
        byte[] otherKey = new byte[32];
        new SecureRandom().nextBytes(otherKey);
        assertThat(second.store(b, seal(b, second, otherKey), fingerprint(made)))
                .isInstanceOf(Answer.StateRefused.class);
        assertNothingMade(second.into);
    }

    @Test
    void a_try_that_was_given_up_is_destroyed_and_never_begun_again() throws Exception {
        Answer.Created made = machine.create(a);
        byte[] key = stateKey(machine, machine.directory(), made.wraps());
        var recovery = machine.recover(a);
        ByteString sealed = seal(b, recovery, key);
        recovery.store(b, sealed, fingerprint(made));
        b.restart();
        assertThat(recovery.store(b, sealed, fingerprint(made)))
                .as("another agent of the node knows it too")
                .isInstanceOf(Answer.Stored.class);

        recovery.discard(b);

        assertNothingMade(recovery.into);
        assertThatThrownBy(() -> recovery.store(b, sealed, fingerprint(made)))
                .isInstanceOf(MachineRefused.class);
        assertThat(machine.files()).as("the state itself is untouched").isDirectory();
    }

    @Test
    void a_directory_that_is_older_than_the_recovery_key_gets_its_wrap_when_the_key_is_known()
            throws Exception {
        Node c = lab.node("node-c");
        Answer.Created made = machine.create(c);
        assertThat(made.wraps()).isEmpty();
        assertThat(c.driver(machine).recoveryWraps()).isEmpty();

        c.equipment.keys().learn(recoveryKey());
        Map<StateRef, List<KeyWrap>> wraps = c.driver(machine).recoveryWraps();

        assertThat(wraps).containsOnlyKeys(machine.directory());
        assertThat(c.driver(machine).recoveryWraps()).as("made once").isEqualTo(wraps);
        assertThat(
                        stateKey(
                                machine,
                                machine.directory(),
                                wraps.getOrDefault(machine.directory(), List.of())))
                .hasSize(32);
        assertThat(machine.start(c))
                .as("its own wrap is still there")
                .isInstanceOf(Answer.Activated.class);
        machine.stop(c);
    }

    @Test
    void a_fenced_node_kills_the_guest_that_moved_and_destroys_what_no_row_needs()
            throws Exception {
        machine.create(a);
        machine.start(a);
        StateRef own = machine.directory();
        long qemu = a.paths(machine).getQemuPid();
        StateRef elsewhere = new StateRef("g9-0a1b2c3d");

        Returned returned =
                a.driver(machine)
                        .comeHome(
                                new RowSeen(
                                        new RowVersion(100),
                                        new Epoch(9),
                                        b.name,
                                        true,
                                        null,
                                        Set.of(elsewhere)));

        assertThat(returned).isEqualTo(new Returned(true, List.of(own)));
        eventually(() -> ProcessHandle.of(qemu).isEmpty());
        assertThat(machine.files()).doesNotExist();
        assertThatThrownBy(() -> machine.startAgain(a, machine.now()))
                .as("no command of the time before is obeyed")
                .isInstanceOf(MachineRefused.class);
    }

    @Test
    void a_fenced_node_spares_the_directory_that_a_recovery_reads() throws Exception {
        machine.create(a);
        machine.start(a);

        Returned returned =
                a.driver(machine)
                        .comeHome(
                                new RowSeen(
                                        new RowVersion(100),
                                        new Epoch(machine.epoch()),
                                        a.name,
                                        false,
                                        null,
                                        Set.of(machine.directory())));

        assertThat(returned).isEqualTo(new Returned(true, List.of()));
        assertThat(machine.files()).isDirectory();
    }

    @Test
    void a_guest_that_never_stopped_and_whose_row_did_not_move_is_kept() throws Exception {
        machine.create(a);
        machine.start(a);
        long qemu = a.paths(machine).getQemuPid();

        Returned returned =
                a.driver(machine)
                        .comeHome(
                                new RowSeen(
                                        machine.next(),
                                        new Epoch(machine.epoch()),
                                        a.name,
                                        true,
                                        null,
                                        Set.of(machine.directory())));

        assertThat(returned).isEqualTo(new Returned(false, List.of()));
        assertThat(a.paths(machine).getQemuPid()).isEqualTo(qemu);
        assertThat(machine.stop(a)).isInstanceOf(Answer.Exited.class);
    }

    private void assertRefused(Answer.Created made, byte[] key, String evidence) throws Exception {
        var recovery = machine.recover(a);
        assertThat(recovery.store(b, seal(b, recovery, key), fingerprint(made)))
                .isInstanceOfSatisfying(
                        Answer.StateRefused.class,
                        refused -> assertThat(refused.evidence()).contains(evidence));
        assertNothingMade(recovery.into);
    }

    private void assertNothingMade(StateRef into) throws IOException {
        try (Stream<Path> names = Files.list(machine.home())) {
            assertThat(names.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.contains(into.value()));
        }
    }

    /** A power cut: nothing of the node's processes had a chance to say or seal anything. */
    private void losePower(Node node) throws Exception {
        var paths = node.paths(machine);
        node.shutDown();
        for (long pid :
                new long[] {paths.getGuardianPid(), paths.getQemuPid(), paths.getSwtpmPid()}) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            eventually(() -> ProcessHandle.of(pid).isEmpty());
        }
        a = lab.node("node-a" + System.nanoTime() % 1_000_000);
        a.equipment.keys().learn(recoveryKey());
    }

    private static RecoveryKey recoveryKey() {
        return new RecoveryKey(KEY_ID, ByteString.copyFrom(VAULT.publicKey()));
    }

    /** What the control plane's vault does with a wrap. */
    private static byte[] stateKey(LabMachine of, StateRef directory, List<KeyWrap> wraps)
            throws GeneralSecurityException {
        assertThat(wraps).hasSize(1);
        String recipient = KeyContexts.recoveryRecipient(KEY_ID);
        assertThat(wraps.getFirst().recipient().value()).isEqualTo(recipient);
        return VAULT.open(
                wraps.getFirst().sealed().toByteArray(),
                KeyContexts.wrap(of.vm.value(), directory.value(), recipient));
    }

    private static ByteString seal(Node target, LabMachine.Recovery recovery, byte[] key)
            throws GeneralSecurityException {
        return ByteString.copyFrom(
                Hpke.seal(
                        target.equipment.keys().node().publicKey(), key, recovery.purpose(target)));
    }

    private static StateRef recoverySource(Path directory) {
        return new StateRef(directory.getFileName().toString());
    }

    /** Of the first certificate of the chain, the endorsement key's own. */
    private static Digest fingerprint(Answer.Created made) throws Exception {
        return ContentDigest.of(
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(
                                new ByteArrayInputStream(made.ekCertificate().toByteArray()))
                        .getEncoded());
    }

    private static Manifest manifest(Node node, LabMachine of) throws Exception {
        if (!(node.equipment.host().firmware().get(FirmwareKind.SECURE_BOOT)
                instanceof FirmwareSupport.Installed(var firmware))) {
            throw new AssertionError("no Secure Boot firmware");
        }
        HeldState.Opening opening =
                HeldState.open(
                        new StateDirectory(of.vm, of.directory(), of.files()),
                        node.equipment.keys().node(),
                        firmware,
                        lab.owner(of),
                        node.name);
        if (opening instanceof HeldState.Opening.Opened(HeldState state)) {
            try (state) {
                return state.readManifest().orElseThrow();
            }
        }
        throw new AssertionError(opening);
    }

    private static Map<String, Digest> contents(Path directory) throws IOException {
        Map<String, Digest> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(
                        directory.relativize(file)
                                + " "
                                + PosixFilePermissions.toString(
                                        Files.getPosixFilePermissions(file)),
                        ContentDigest.of(Files.readAllBytes(file)));
            }
        }
        return contents;
    }
}
