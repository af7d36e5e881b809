package io.tlvm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;

import io.tlvm.compute.v1.BackupGuestStateRequest;
import io.tlvm.compute.v1.Condition;
import io.tlvm.compute.v1.GuestState;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.foundation.backup.BackupPayload;
import io.tlvm.foundation.backup.BackupPayload.TpmState;
import io.tlvm.foundation.backup.BackupRefused;
import io.tlvm.foundation.backup.BackupWriter;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.foundation.tls.TestPki;
import io.tlvm.node.storage.v1.BackupHeader;
import io.tlvm.node.v1.MachineSpec;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Backups in the hands of an operator; the TPM is a real one, and so is the swtpm of the drill. */
class GuestStateCommandsTest {
    private static final String NODE = "spiffe://" + FakeCloud.DOMAIN + "/node/node-a/igvm-agent";
    private static ManufacturedTpm tpm;

    private FakeCloud cloud;
    private Cli cli;
    private Path directory;

    @BeforeAll
    static void manufacture(@TempDir Path files) throws Exception {
        tpm = ManufacturedTpm.in(files);
    }

    @BeforeEach
    void start(@TempDir Path temporary) {
        directory = temporary;
        cloud = new FakeCloud(directory);
        cloud.guestStates.backups = request -> sealed(request, cloud.authority, fingerprint());
        cli = new Cli(cloud.environment(directory));
    }

    @AfterEach
    void stop() throws Exception {
        cloud.close();
    }

    @Test
    void a_key_pair_is_the_owners_alone_and_never_replaced() throws Exception {
        var made = keygen();

        assertThat(made.status()).as(made.err()).isZero();
        assertThat(mode(directory.resolve("key"))).isEqualTo("rw-------");
        RecipientKey open = RecipientKey.parsePem(Files.readString(directory.resolve("key.pub")));
        assertThat(made.out()).contains("key.pub", open.id());

        var again = keygen();

        assertThat(again.status()).isEqualTo(4);
        assertThat(again.err()).contains("never replaced");
        assertThat(RecipientKey.parsePem(Files.readString(directory.resolve("key.pub"))))
                .isEqualTo(open);
    }

    @Test
    void a_backup_is_verified_written_for_its_owner_alone_and_drilled() throws Exception {
        var unused = keygen();
        Set<String> before = drills();

        var made = backup();

        assertThat(made.status()).as(made.err()).isZero();
        assertThat(made.out())
                .contains("projects/default/virtualMachines/web01", "node node-a", "at rest");
        assertThat(mode(directory.resolve("web01.backup"))).isEqualTo("rw-------");
        assertThat(cloud.guestStates.asked.getFirst().getRecipientsList())
                .containsExactly(
                        RecipientKey.parsePem(Files.readString(directory.resolve("key.pub")))
                                .publicKey());

        assertThat(run("verify").status()).isZero();
        assertThat(run("verify", "--key", path("key")).err()).contains("content are right");
        var drilled = run("drill", "--key", path("key"));
        assertThat(drilled.status()).as(drilled.err()).isZero();
        assertThat(drilled.err()).contains("it is the VM's TPM");
        assertThat(drills()).as("nothing of the drill is left").isEqualTo(before);
    }

    @Test
    void verifying_needs_no_cluster_and_no_identity() {
        var unused = keygen();
        var made = backup();
        assertThat(made.status()).isZero();
        var elsewhere = new Cli(Map.of("TLVM_CONFIG", directory.resolve("none.yaml").toString()));

        var verified =
                elsewhere.run(
                        "guest-state", "verify", path("web01.backup"), "--ca", path("user/ca.crt"));

        assertThat(verified.status()).as(verified.err()).isZero();
        assertThat(elsewhere.run("guest-state", "verify", path("web01.backup")).status())
                .as("without an authority nobody vouches for it")
                .isEqualTo(6);
    }

    @Test
    void another_tpm_than_the_vms_fails_the_drill() {
        var unused = keygen();
        cloud.guestStates.backups =
                request -> sealed(request, cloud.authority, "sha256:" + "0".repeat(64));
        assertThat(backup().status()).isZero();

        var drilled = run("drill", "--key", path("key"));

        assertThat(drilled.status()).isEqualTo(9);
        assertThat(drilled.err()).contains("GUEST_STATE_CORRUPT", fingerprint());
    }

    @Test
    void state_that_its_key_does_not_open_fails_the_drill_and_makes_no_new_tpm() {
        var unused = keygen();
        byte[] damaged = tpm.permall().clone();
        damaged[damaged.length - 40] ^= 1;
        cloud.guestStates.backups =
                request ->
                        sealed(
                                request,
                                cloud.authority,
                                fingerprint(),
                                new TpmState(tpm.state().key(), damaged));
        assertThat(backup().status()).isZero();

        var drilled = run("drill", "--key", path("key"));

        assertThat(drilled.status()).isEqualTo(9);
        assertThat(drilled.err()).contains("its TPM does not start");
    }

    @Test
    void a_changed_backup_is_told_by_its_exit_status() throws Exception {
        var unused = keygen();
        assertThat(backup().status()).isZero();
        Path file = directory.resolve("web01.backup");
        byte[] content = Files.readAllBytes(file);
        content[content.length / 2] ^= 1;
        Files.write(file, content);

        var verified = run("verify");

        assertThat(verified.status()).isEqualTo(9);
        assertThat(verified.err()).contains("changed since it was made");
    }

    @Test
    void what_is_not_from_the_cluster_is_not_written() {
        cloud.guestStates.backups =
                request -> sealed(request, new TestPki("foreign"), fingerprint());
        var unused = keygen();

        var made = backup();

        assertThat(made.status()).isEqualTo(9);
        assertThat(directory.resolve("web01.backup")).doesNotExist();
    }

    @Test
    void a_file_that_is_there_is_not_overwritten_and_nothing_is_asked() throws Exception {
        var unused = keygen();
        Files.writeString(directory.resolve("web01.backup"), "the last good one");

        assertThat(backup().status()).isEqualTo(4);
        assertThat(cloud.guestStates.asked).isEmpty();
        assertThat(directory.resolve("web01.backup")).hasContent("the last good one");
    }

    @Test
    void the_wrong_key_says_which_would_be_right() {
        var unused = keygen();
        assertThat(backup().status()).isZero();
        assertThat(cli.run("guest-state", "keygen", "--out", path("other")).status()).isZero();

        var opened = run("drill", "--key", path("other"));

        assertThat(opened.status()).isEqualTo(2);
        assertThat(opened.err()).contains("was not made for key", "--key");
    }

    @Test
    void a_vm_says_since_when_it_is_not_protected() {
        cloud.machines =
                List.of(
                        VirtualMachine.newBuilder()
                                .setName("projects/default/virtualMachines/web01")
                                .setGuestState(
                                        GuestState.newBuilder()
                                                .setPhase("RUNNING")
                                                .setStateRef("g1-0a1b2c3d"))
                                .addConditions(
                                        Condition.newBuilder()
                                                .setType("GuestStateBackedUp")
                                                .setStatus("False")
                                                .setReason("NEVER")
                                                .setMessage("no backup was ever made")
                                                .setLastTransitionTime(
                                                        Timestamp.newBuilder().setSeconds(60)))
                                .build());

        var shown = cli.run("guest-state", "show", "web01");

        assertThat(shown.status()).isZero();
        assertThat(shown.out())
                .contains("g1-0a1b2c3d", "NO since 1970-01-01T00:01:00Z: no backup was ever made");
    }

    private Cli.Outcome keygen() {
        return cli.run("guest-state", "keygen", "--out", path("key"));
    }

    private Cli.Outcome backup() {
        return cli.run(
                "guest-state",
                "backup",
                "web01",
                "--recipient",
                path("key.pub"),
                "--out",
                path("web01.backup"));
    }

    private Cli.Outcome run(String verb, String... options) {
        String[] words = new String[options.length + 3];
        words[0] = "guest-state";
        words[1] = verb;
        words[2] = path("web01.backup");
        System.arraycopy(options, 0, words, 3, options.length);
        return cli.run(words);
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private static Set<String> drills() throws IOException {
        try (var files = Files.list(Path.of("/dev/shm"))) {
            return files.map(Path::toString)
                    .filter(name -> name.contains("tlvm-drill-"))
                    .collect(Collectors.toSet());
        }
    }

    private static String fingerprint() {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(
                                    MessageDigest.getInstance("SHA-256").digest(tpm.certificate()));
        } catch (java.security.NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    private byte[] sealed(BackupGuestStateRequest request, TestPki authority, String ek) {
        return sealed(request, authority, ek, tpm.state());
    }

    private byte[] sealed(
            BackupGuestStateRequest request, TestPki authority, String ek, TpmState state) {
        try {
            Path identity = Files.createTempDirectory(directory, "node");
            var keys = PkiDirectory.open(authority.issue(identity, NODE)).keyManager();
            try (var payload = new BackupPayload(Optional.of(state), new byte[] {1, 2, 3})) {
                return new BackupWriter(new CertificateSigner(keys), new SecureRandom())
                        .write(
                                facts(request, ek),
                                payload,
                                request.getRecipientsList().stream()
                                        .map(RecipientKey::new)
                                        .toList());
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (BackupRefused refused) {
            throw new AssertionError(refused);
        }
    }

    private static BackupHeader facts(BackupGuestStateRequest request, String ek) {
        return BackupHeader.newBuilder()
                .setBackupId("7b0f6a6e-3d5f-4c1a-9f3b-5a7c1f0c0001")
                .setVmUid("0d6f6a6e-3d5f-4c1a-9f3b-5a7c1f0c0001")
                .setVmName(request.getName())
                .setTrustDomain(FakeCloud.DOMAIN)
                .setNode("node-a")
                .setEpoch(2)
                .setRowVersion(5)
                .setStateRef("g1-0a1b2c3d")
                .setAtRest(true)
                .setSeq(3)
                .setEkFingerprint(ek)
                .setStateDigest("sha256:" + "2".repeat(64))
                .setSpec(MachineSpec.newBuilder().setDisplayName("web01"))
                .setCreateTime(Timestamp.newBuilder().setSeconds(Instant.now().getEpochSecond()))
                .build();
    }
}
