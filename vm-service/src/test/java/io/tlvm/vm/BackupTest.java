package io.tlvm.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.BackupGuestStateRequest;
import io.tlvm.compute.v1.Condition;
import io.tlvm.compute.v1.DeleteVirtualMachineRequest;
import io.tlvm.compute.v1.GuestStateBackup;
import io.tlvm.compute.v1.GuestStateServiceGrpc;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.foundation.backup.Backup;
import io.tlvm.foundation.backup.BackupReader;
import io.tlvm.foundation.backup.BackupRefused;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.foundation.keyset.KeysetFile;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.world.ScriptedBackups;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Backups as an administrator asks for them. */
@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BackupTest {
    private TestCluster cluster;
    private Path directory;

    @BeforeAll
    void open(@TempDir Path temporary) throws IOException {
        directory = temporary;
        cluster = new TestCluster("node-ac", "node-ad");
    }

    @AfterAll
    void close() {
        cluster.close();
    }

    @Test
    void a_backup_is_for_whom_it_was_asked_and_the_machine_remembers_it() throws Exception {
        VirtualMachine vm = cluster.running("backed-up");
        KeysetFile key = KeysetFile.create(directory.resolve("operator.keyset"));
        assertThat(protection("backed-up").getStatus()).isEqualTo("False");
        assertThat(protection("backed-up").getReason()).isEqualTo("NEVER");
        assertThat(protection("backed-up").getLastTransitionTime()).isEqualTo(vm.getCreateTime());

        Backup backup = read(backup("admin", "backed-up", key));

        assertThat(backup.header().getVmUid()).isEqualTo(vm.getUid());
        assertThat(backup.header().getStateRef()).isEqualTo(vm.getGuestState().getStateRef());
        assertThat(backup.header().getSpec().getDisks(0).getImageDigest())
                .isEqualTo(vm.getStorageProfile().getImageDigest());
        try (var payload = backup.open(key)) {
            assertThat(payload.variables()).isEqualTo(ScriptedBackups.VARIABLES);
        }
        GuestStateBackup last = cluster.get("backed-up").getGuestState().getLastBackup();
        assertThat(last.getBackupId()).isEqualTo(backup.header().getBackupId());
        assertThat(last.getRecipientsList()).containsExactly(RecipientKey.of(key.publicKey()).id());
        assertThat(protection("backed-up").getStatus()).isEqualTo("True");
    }

    @Test
    void without_recipients_the_clusters_recovery_key_opens_it() throws Exception {
        VirtualMachine unused = cluster.running("for-recovery");
        KeysetFile recovery =
                KeysetFile.load(cluster.directory().resolve("key-vault/recovery.keyset"))
                        .orElseThrow();

        Backup backup = read(backup("admin", "for-recovery"));

        backup.open(recovery).close();
    }

    @Test
    void only_an_administrator_gets_a_backup() {
        VirtualMachine unused = cluster.running("not-for-alice");

        RefusalView refusal = refused(() -> backup("alice", "not-for-alice"));

        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_PERMISSION_DENIED);
        assertThat(protection("not-for-alice").getStatus()).isEqualTo("False");
    }

    @Test
    void what_an_agent_made_of_something_else_is_not_handed_on() {
        VirtualMachine vm = cluster.running("mistaken");
        var owner = vm.getNode().endsWith("node-ac") ? cluster.first : cluster.second;
        owner.backups().mistakeTheDirectory(true);
        try {
            RefusalView refusal = refused(() -> backup("admin", "mistaken"));

            assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_GUEST_STATE_CORRUPT);
            assertThat(protection("mistaken").getReason()).isEqualTo("NEVER");
        } finally {
            owner.backups().mistakeTheDirectory(false);
        }
    }

    @Test
    void a_deleted_machine_has_no_new_backup_and_one_that_is_not_there_neither() {
        VirtualMachine vm = cluster.running("deleted-one");
        cluster.succeeded(
                cluster.vms.deleteVirtualMachine(
                        DeleteVirtualMachineRequest.newBuilder()
                                .setName(vm.getName())
                                .setForce(true)
                                .build()));

        assertThat(refused(() -> backup("admin", "deleted-one")).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_INVALID_STATE);
        assertThat(refused(() -> backup("admin", "never-made")).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_VM_NOT_FOUND);
    }

    private ByteString backup(String caller, String id, KeysetFile... recipients) {
        var request = BackupGuestStateRequest.newBuilder().setName(TestCluster.name(id));
        for (KeysetFile recipient : recipients) {
            request.addRecipients(ByteString.copyFrom(recipient.publicKey()));
        }
        return GuestStateServiceGrpc.newBlockingStub(cluster.as(caller))
                .backupGuestState(request.build())
                .getBundle();
    }

    private Backup read(ByteString file) throws BackupRefused {
        var pki = PkiDirectory.open(cluster.directory().resolve("admin"));
        return new BackupReader(List.of(pki.trustManager().getAcceptedIssuers()))
                .read(file.toByteArray());
    }

    private Condition protection(String id) {
        return cluster.get(id).getConditionsList().stream()
                .filter(condition -> condition.getType().equals("GuestStateBackedUp"))
                .findFirst()
                .orElseThrow();
    }

    private static RefusalView refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return RefusalView.of(catchThrowable(call));
    }
}
