package io.tlvm.vm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.DeleteVirtualMachineRequest;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.foundation.backup.Backup;
import io.tlvm.foundation.backup.BackupReader;
import io.tlvm.foundation.keyset.KeysetFile;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.vm.backup.BackupRecords;
import io.tlvm.vm.backup.Backups;
import io.tlvm.vm.backup.Escrow;
import io.tlvm.vm.backup.directory.DirectoryShelf;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/** Backups that nobody asks for. */
@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EscrowTest {
    private static final java.time.Duration DAY = java.time.Duration.ofDays(1);

    @Inject Backups backups;
    @Inject BackupRecords records;
    private TestCluster cluster;
    private Path directory;

    @BeforeAll
    void open() throws IOException {
        cluster = new TestCluster("node-aa", "node-ab");
    }

    @BeforeEach
    void empty(@TempDir Path temporary) {
        directory = temporary.resolve("escrow");
    }

    @AfterAll
    void close() {
        cluster.close();
    }

    @Test
    void a_new_vm_is_backed_up_once_and_again_a_day_later() throws Exception {
        VirtualMachine vm = cluster.running("escrowed");

        at(Instant.now()).backUp();
        at(Instant.now()).backUp();

        assertThat(files(vm)).hasSize(1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(files(vm).get(0))))
                .isEqualTo("rw-------");
        Backup backup =
                new BackupReader(
                                List.of(
                                        PkiDirectory.open(cluster.directory().resolve("admin"))
                                                .trustManager()
                                                .getAcceptedIssuers()))
                        .read(Files.readAllBytes(files(vm).get(0)));
        backup.open(
                        KeysetFile.load(cluster.directory().resolve("key-vault/recovery.keyset"))
                                .orElseThrow())
                .close();
        assertThat(cluster.get("escrowed").getGuestState().getLastBackup().getBackupId())
                .isEqualTo(backup.header().getBackupId());

        at(Instant.now().plus(DAY).plusSeconds(60)).backUp();

        assertThat(files(vm)).hasSize(2);
    }

    @Test
    void a_vm_that_moved_is_backed_up_at_once() throws Exception {
        VirtualMachine vm = cluster.running("escrowed-and-moved");
        at(Instant.now()).backUp();

        VirtualMachine unused = cluster.succeeded(cluster.migrate("escrowed-and-moved"));
        at(Instant.now()).backUp();

        assertThat(files(vm)).hasSize(2);
    }

    @Test
    void old_backups_make_room_for_new_ones() throws Exception {
        VirtualMachine vm = cluster.running("escrowed-for-long");

        for (int day = 0; day < 9; day++) {
            at(Instant.now().plus(DAY.plusSeconds(60).multipliedBy(day))).backUp();
        }

        assertThat(files(vm)).hasSize(7);
    }

    @Test
    void a_purge_takes_the_backups_along_and_a_delete_does_not() throws Exception {
        VirtualMachine kept = cluster.running("escrowed-deleted");
        VirtualMachine gone = cluster.running("escrowed-purged");
        at(Instant.now()).backUp();
        delete(kept, 3600);
        delete(gone, 0);

        at(Instant.now()).sweep();

        assertThat(files(kept)).hasSize(1);
        assertThat(directory.resolve(gone.getUid())).doesNotExist();
    }

    private void delete(VirtualMachine vm, long retainSeconds) {
        var unused =
                cluster.ended(
                        cluster.vms.deleteVirtualMachine(
                                DeleteVirtualMachineRequest.newBuilder()
                                        .setName(vm.getName())
                                        .setForce(true)
                                        .setRetain(Duration.newBuilder().setSeconds(retainSeconds))
                                        .build()));
    }

    private Escrow at(Instant time) {
        return new Escrow(
                backups,
                records,
                new DirectoryShelf(directory),
                List.of(),
                DAY,
                Clock.fixed(time, ZoneOffset.UTC));
    }

    private List<Path> files(VirtualMachine vm) throws IOException {
        try (var files = Files.list(directory.resolve(vm.getUid()))) {
            return files.sorted().toList();
        }
    }
}
