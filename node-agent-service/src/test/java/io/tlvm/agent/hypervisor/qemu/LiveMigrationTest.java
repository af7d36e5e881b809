package io.tlvm.agent.hypervisor.qemu;

import static io.tlvm.agent.hypervisor.qemu.QemuLab.LONG;
import static io.tlvm.agent.hypervisor.qemu.QemuLab.eventually;
import static io.tlvm.agent.hypervisor.qemu.QemuLab.within;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.agent.hypervisor.qemu.ProcessEnd.Exited;
import io.tlvm.agent.hypervisor.qemu.QmpException.QmpRefused;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** Two QEMUs on one host and one raw disk, over a unix socket. */
class LiveMigrationTest {
    private static QemuLab lab;
    private QemuLab.Machine from;
    private QemuLab.Machine to;
    private QemuProcess source;
    private QemuProcess target;

    @BeforeAll
    static void open() throws Exception {
        lab = new QemuLab();
    }

    @BeforeEach
    void start_both_ends() throws Exception {
        from = lab.machine();
        to = lab.targetOf(from);
        source = from.start();
        source.commands().cont();
        target = to.start(7, new LeaseEnd.Never());
    }

    @AfterEach
    void end_machines() throws Exception {
        lab.endAll();
    }

    @AfterAll
    static void close() throws Exception {
        lab.close();
    }

    @Test
    void guest_moves_with_its_tpm_and_waits_for_cont() throws Exception {
        List<String> events = new CopyOnWriteArrayList<>();
        source.connection().onEvent(event -> events.add(event.name()));
        assertThat(target.commands().status()).isEqualTo(RunState.INMIGRATE);

        migrateToPreSwitchover();
        assertThat(source.commands().status()).isEqualTo(RunState.FINISH_MIGRATE);
        assertThat(to.tpm.resolve("tpm2-00.permall")).doesNotExist();

        source.commands().migration().switchOver();
        assertThat(
                        source.commands()
                                .migration()
                                .await(MigrationStatus::isTerminal, LONG)
                                .orElseThrow()
                                .status())
                .isEqualTo(MigrationStatus.COMPLETED);
        assertThat(source.commands().status()).isEqualTo(RunState.POSTMIGRATE);
        eventually(
                LONG,
                () -> target.commands().migration().query().status() == MigrationStatus.COMPLETED);
        assertThat(target.commands().status()).isEqualTo(RunState.PAUSED);
        assertThat(to.tpm.resolve("tpm2-00.permall")).isNotEmptyFile();

        target.commands().cont();
        target.commands().announceSelf();
        assertThat(target.commands().status()).isEqualTo(RunState.RUNNING);
        assertThatThrownBy(() -> source.commands().cont())
                .isInstanceOf(QmpRefused.class)
                .hasMessageContaining("lock");
        eventually(LONG, () -> events.containsAll(List.of("MIGRATION", "STOP")));
    }

    @Test
    void variables_put_in_place_while_the_target_waits_are_the_ones_it_writes_on()
            throws Exception {
        Path shipped = lab.ours(Files.copy(from.vars, lab.root.resolve("vars-shipped.fd")));
        Files.move(
                shipped,
                to.vars,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);

        migrateToPreSwitchover();
        source.commands().migration().switchOver();
        eventually(
                LONG,
                () -> target.commands().migration().query().status() == MigrationStatus.COMPLETED);
        target.commands().cont();

        eventually(LONG, () -> Files.mismatch(from.vars, to.vars) == -1);
        assertThat(openFiles(target.qemu()))
                .as("the file that the agent renamed into place, not the one it replaced")
                .contains(to.vars.toString())
                .noneMatch(
                        file -> file.startsWith(to.vars.toString()) && file.endsWith("(deleted)"));
    }

    @Test
    void guardian_resumes_a_guest_whose_agent_died_before_go() throws Exception {
        migrateToPreSwitchover();
        long stopped = System.nanoTime();
        Files.writeString(from.run.file("agent.pid"), QemuProcessTest.deadProcess().toText());
        source.close();

        try (QmpConnection observer = QmpConnection.open(from.run.observerSocket(), LONG)) {
            QmpCommands look = new QmpCommands(observer, LONG);
            assertThat(look.migration().query().status()).isEqualTo(MigrationStatus.PRE_SWITCHOVER);
            eventually(Duration.ofSeconds(6), () -> look.status() == RunState.RUNNING);
            assertThat(Duration.ofNanos(System.nanoTime() - stopped))
                    .isGreaterThan(Duration.ofMillis(1900));
            assertThat(look.migration().query().status()).isEqualTo(MigrationStatus.CANCELLED);
        }
        assertThat(within(LONG, target.qemuEnded())).isEqualTo(new Exited(1));
        assertThat(to.tpm.resolve("tpm2-00.permall")).doesNotExist();
        source = ((QemuLauncher.Attachment.Attached) lab.launcher.attach(from.run, LONG)).process();
        assertThatThrownBy(() -> source.commands().migration().switchOver())
                .isInstanceOf(QmpRefused.class);
    }

    @Test
    void guardian_leaves_a_migration_alone_while_its_agent_lives() throws Exception {
        migrateToPreSwitchover();
        source.close();

        try (QmpConnection observer = QmpConnection.open(from.run.observerSocket(), LONG)) {
            QmpCommands look = new QmpCommands(observer, LONG);
            assertThat(
                            look.migration()
                                    .await(
                                            status -> status != MigrationStatus.PRE_SWITCHOVER,
                                            Duration.ofSeconds(3)))
                    .isEmpty();
        }
    }

    @Test
    void abandoned_guest_is_killed_when_its_lease_is_too_short_to_resume() throws Exception {
        migrateToPreSwitchover();
        source.setLeaseEnd(new LeaseEnd.At(LeaseEnd.uptime().plusSeconds(6)));
        Files.writeString(from.run.file("agent.pid"), QemuProcessTest.deadProcess().toText());
        source.connection().close();

        assertThat(source.awaitEnd(Duration.ofSeconds(8))).isTrue();
        assertThat(from.run.file("guardian.exit"))
                .hasContent("abandoned at the end of its lease\n");
    }

    @Test
    void capabilities_of_the_last_migration_are_off_in_the_next() throws Exception {
        QmpMigration migration = target.commands().migration();
        migration.setCapabilities(
                Set.of(MigrationCapability.AUTO_CONVERGE, MigrationCapability.LATE_BLOCK_ACTIVATE));

        migration.setCapabilities(MigrationCapability.SOURCE);

        assertThat(migration.capabilities())
                .containsEntry("auto-converge", false)
                .containsEntry("late-block-activate", false)
                .containsEntry("return-path", true)
                .containsEntry("pause-before-switchover", true);
    }

    private void migrateToPreSwitchover() throws Exception {
        QmpMigration in = target.commands().migration();
        in.setCapabilities(MigrationCapability.TARGET);
        in.setParameters(MigrationParameters.DEFAULT);
        in.listen(to.run.migrationSocket());
        QmpMigration out = source.commands().migration();
        out.setCapabilities(MigrationCapability.SOURCE);
        out.setParameters(MigrationParameters.DEFAULT);
        out.start(to.run.migrationSocket());
        assertThat(
                        out.await(
                                        status ->
                                                status == MigrationStatus.PRE_SWITCHOVER
                                                        || status.isTerminal(),
                                        LONG)
                                .orElseThrow()
                                .status())
                .isEqualTo(MigrationStatus.PRE_SWITCHOVER);
    }

    private static List<String> openFiles(ProcessIdentity process) throws Exception {
        List<String> files = new CopyOnWriteArrayList<>();
        try (var descriptors =
                Files.newDirectoryStream(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            for (Path descriptor : descriptors) {
                files.add(Files.readSymbolicLink(descriptor).toString());
            }
        }
        return files;
    }
}
