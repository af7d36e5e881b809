package io.tlvm.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;

import io.tlvm.agent.file.ContentDigest;
import io.tlvm.agent.machine.AgentLab.Node;
import io.tlvm.foundation.backup.Backup;
import io.tlvm.foundation.backup.BackupPayload;
import io.tlvm.foundation.backup.BackupReader;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.foundation.keyset.KeysetFile;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.RowVersion;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Backups of one node's machines, with real QEMU and swtpm. */
class MachineBackupTest {
    private static AgentLab lab;
    private static Node node;
    private static KeysetFile key;
    private LabMachine machine;
    private Digest ekFingerprint;

    @BeforeAll
    static void open() throws Exception {
        lab = new AgentLab();
        node = lab.node("node-a");
        key = KeysetFile.create(lab.root.resolve("operator.keyset"));
    }

    @BeforeEach
    void create() throws Exception {
        machine = new LabMachine(lab);
        Answer.Created made = machine.create(node);
        ekFingerprint = ContentDigest.of(leaf(made.ekCertificate()));
    }

    @AfterAll
    static void close() throws Exception {
        lab.close();
    }

    @Test
    void a_machine_at_rest_is_backed_up_as_it_was_sealed_and_left_as_it_is() throws Exception {
        machine.start(node);
        machine.stop(node);
        Set<Path> files = files();
        byte[] permall = Files.readAllBytes(machine.permall().orElseThrow());

        Backup backup = backup();

        assertThat(backup.header().getAtRest()).isTrue();
        assertThat(backup.header().getVmUid()).isEqualTo(machine.vm.value());
        assertThat(backup.header().getEkFingerprint()).isEqualTo(ekFingerprint.value());
        assertThat(backup.header().getRanEpoch()).isEqualTo(machine.epoch());
        try (BackupPayload payload = backup.open(key)) {
            assertThat(payload.variables())
                    .isEqualTo(Files.readAllBytes(machine.files().resolve("VARS.fd")));
            assertThat(payload.tpm().orElseThrow().file())
                    .as("under a key of its own")
                    .hasSameSizeAs(permall)
                    .isNotEqualTo(permall);
        }
        assertThat(files()).as("nothing is left on the medium").isEqualTo(files);
        assertThat(machine.start(node)).isInstanceOf(Answer.Activated.class);
        machine.stop(node);
    }

    @Test
    void a_running_machine_is_backed_up_as_of_its_checkpoint_and_runs_on() throws Exception {
        machine.start(node);

        Backup first = backup();
        Backup second = backup();

        assertThat(first.header().getAtRest()).isFalse();
        assertThat(first.header().getSeq()).isPositive();
        assertThat(second.header().getSeq()).isGreaterThanOrEqualTo(first.header().getSeq());
        first.open(key).close();
        second.open(key).close();
        assertThat(node.driver(machine).report().getVtpmHealthy()).isTrue();
        assertThat(machine.stop(node)).isInstanceOf(Answer.Exited.class);
        assertThat(machine.start(node)).isInstanceOf(Answer.Activated.class);
        machine.stop(node);
    }

    @Test
    void an_older_row_gets_no_backup() throws Exception {
        machine.start(node);
        machine.stop(node);

        assertThat(refusal(order(new RowVersion(1), ekFingerprint, recipients())))
                .isInstanceOf(MachineRefusal.Protocol.class);
    }

    @Test
    void changed_state_is_not_backed_up() throws Exception {
        Path permall = machine.permall().orElseThrow();
        byte[] content = Files.readAllBytes(permall);
        content[content.length - 40] ^= 1;
        Files.write(permall, content);

        assertThat(refusal(order(machine.now(), ekFingerprint, recipients())))
                .isInstanceOf(MachineRefusal.StateUnusable.class);
    }

    @Test
    void another_tpm_than_the_row_knows_is_not_backed_up() throws Exception {
        Digest other = new Digest("sha256:" + "0".repeat(64));

        assertThat(refusal(order(machine.now(), other, recipients())))
                .isInstanceOf(MachineRefusal.StateUnusable.class);
        machine.start(node);
        assertThat(refusal(order(machine.now(), other, recipients())))
                .isInstanceOf(MachineRefusal.StateUnusable.class);
        machine.stop(node);
    }

    @Test
    void a_public_key_that_everybody_opens_is_refused() {
        RecipientKey zero = RecipientKey.of(new byte[32]);

        assertThat(refusal(order(machine.now(), ekFingerprint, List.of(zero))))
                .isInstanceOfSatisfying(
                        MachineRefusal.RecipientRefused.class,
                        refused -> assertThat(refused.keyId()).isEqualTo(zero.id()));
    }

    private Backup backup() throws Exception {
        ByteString file =
                node.driver(machine).backup(order(machine.now(), ekFingerprint, recipients()));
        return new BackupReader(List.of(node.identity().trustManager().getAcceptedIssuers()))
                .read(file.toByteArray());
    }

    private MachineRefusal refusal(BackupOrder order) {
        return catchThrowableOfType(MachineRefused.class, () -> node.driver(machine).backup(order))
                .refusal();
    }

    private BackupOrder order(RowVersion version, Digest ek, List<RecipientKey> recipients) {
        return machine.backup(version, ek, recipients);
    }

    private static List<RecipientKey> recipients() {
        return List.of(RecipientKey.of(key.publicKey()));
    }

    private Set<Path> files() throws IOException {
        try (var all = Files.walk(machine.home())) {
            return all.collect(Collectors.toSet());
        }
    }

    /** The chain begins with it, DER; its length is in its first bytes (X.690 §8.1.3). */
    private static byte[] leaf(ByteString chain) {
        int length = (chain.byteAt(2) & 0xFF) << 8 | (chain.byteAt(3) & 0xFF);
        return chain.substring(0, 4 + length).toByteArray();
    }
}
