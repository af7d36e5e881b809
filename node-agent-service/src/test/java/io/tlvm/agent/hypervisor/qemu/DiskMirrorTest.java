package io.tlvm.agent.hypervisor.qemu;

import static io.tlvm.agent.hypervisor.qemu.QemuLab.LONG;
import static io.tlvm.agent.hypervisor.qemu.QemuLab.eventually;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.agent.hypervisor.qemu.QmpBlock.BlockJob;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;

class DiskMirrorTest {
    private static QemuLab lab;

    @BeforeAll
    static void open() throws Exception {
        lab = new QemuLab();
    }

    @AfterAll
    static void close() throws Exception {
        lab.close();
    }

    @Test
    void local_disk_is_copied_into_the_export_of_a_waiting_target() throws Exception {
        QemuLab.Machine from = lab.machine();
        try (RandomAccessFile disk = new RandomAccessFile(from.disk.toFile(), "rw")) {
            disk.seek(1 << 20);
            disk.write("what the guest wrote".getBytes(StandardCharsets.UTF_8));
        }
        QemuLab.Machine to = lab.targetWithOwnDisk();
        try (QemuProcess source = from.start();
                QemuProcess target = to.start(7, new LeaseEnd.Never())) {
            source.commands().cont();
            target.commands().migration().setCapabilities(MigrationCapability.TARGET);
            target.commands().block().serveExports(to.run.nbdSocket());
            target.commands().block().export("d0");

            QmpBlock out = source.commands().block();
            out.connectRemote("d0", to.run.nbdSocket());
            out.mirror("d0", false);
            eventually(LONG, () -> out.jobs().getFirst().ready());
            out.endMirror("d0");
            eventually(LONG, () -> out.jobs().getFirst().status().equals("concluded"));

            BlockJob job = out.jobs().getFirst();
            assertThat(job.error()).isEmpty();
            assertThat(job.offset()).isEqualTo(job.length()).isEqualTo(4 << 20);
            out.dismissMirror("d0");
            assertThat(out.jobs()).isEmpty();
            out.disconnectRemote("d0");
            target.commands().block().unexport("d0");
            target.commands().block().stopExports();
            assertThat(Files.mismatch(from.disk, to.disk)).isEqualTo(-1);
        }
    }
}
