package io.tlvm.agent.hypervisor.qemu;

import static io.tlvm.agent.hypervisor.qemu.QemuLab.LONG;
import static io.tlvm.agent.hypervisor.qemu.QemuLab.eventually;
import static io.tlvm.agent.hypervisor.qemu.QemuLab.signal;
import static io.tlvm.agent.hypervisor.qemu.QemuLab.within;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tlvm.agent.hypervisor.qemu.ProcessEnd.Exited;
import io.tlvm.agent.hypervisor.qemu.ProcessEnd.Signalled;
import io.tlvm.agent.hypervisor.qemu.ProcessEnd.Unrecorded;
import io.tlvm.agent.hypervisor.qemu.QemuLauncher.Attachment.Attached;
import io.tlvm.agent.hypervisor.qemu.QemuLauncher.Attachment.Gone;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

class QemuProcessTest {
    private static QemuLab lab;

    @BeforeAll
    static void open() throws Exception {
        lab = new QemuLab();
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
    void machine_starts_paused_and_runs_when_told() throws Exception {
        try (QemuProcess vm = lab.machine().start()) {
            assertThat(vm.commands().status()).isEqualTo(RunState.PRELAUNCH);

            vm.commands().cont();
            assertThat(vm.commands().status()).isEqualTo(RunState.RUNNING);

            vm.commands().stop();
            assertThat(vm.commands().status()).isEqualTo(RunState.PAUSED);
            assertThat(vm.tpmIsAlive()).isTrue();
            assertThat(vm.commands().vcpus()).hasSize(1);
            assertThat(vm.commands().block().devices())
                    .anyMatch(
                            device ->
                                    device.node().equals(Optional.of("d0"))
                                            && device.sizeBytes() == 4 << 20);
        }
    }

    @Test
    void standard_machine_starts_without_keys_and_tpm() throws Exception {
        QemuLab.Machine machine = lab.machine();
        try (QemuProcess vm =
                lab.launcher.launch(
                        new QemuLauncher.Launch(
                                machine.standard(),
                                Optional.empty(),
                                QemuLab.user(),
                                new LeaseEnd.Never(),
                                LONG),
                        null)) {
            vm.commands().cont();

            assertThat(vm.commands().status()).isEqualTo(RunState.RUNNING);
            assertThat(vm.swtpm()).isEmpty();
            assertThat(vm.tpmIsAlive()).isTrue();
        }
    }

    @Test
    void children_have_no_rights_and_no_core_dumps() throws Exception {
        assumeTrue(QemuLab.isRoot(), "needs root: only root can give a VM its own user");
        try (QemuProcess vm = lab.machine().start()) {
            for (ProcessIdentity child : List.of(vm.qemu(), vm.swtpm().orElseThrow())) {
                String status = Files.readString(proc(child, "status"));
                assertThat(status)
                        .containsPattern("Uid:\\s64711\\s64711\\s64711\\s64711\\n")
                        .containsPattern("Gid:\\s64711\\s64711\\s64711\\s64711\\n")
                        .containsPattern("Groups:\\s*\\n")
                        .containsPattern("NoNewPrivs:\\s1\\n")
                        .containsPattern("Seccomp:\\s2\\n")
                        .containsPattern("CapInh:\\s0+\\n")
                        .containsPattern("CapPrm:\\s0+\\n")
                        .containsPattern("CapBnd:\\s0+\\n")
                        .containsPattern("CapAmb:\\s0+\\n");
                assertThat(Files.readString(proc(child, "limits")))
                        .containsPattern("Max core file size\\s+0\\s+0");
                assertThat(Files.readString(proc(child, "coredump_filter")))
                        .isEqualTo("00000000\n");
            }
        }
    }

    @Test
    void keys_are_in_no_argument_no_environment_and_no_file() throws Exception {
        try (QemuProcess vm = lab.machine().start(0xab, new LeaseEnd.Never())) {
            String hex = "abababababababab";
            for (ProcessIdentity process :
                    List.of(vm.guardian(), vm.qemu(), vm.swtpm().orElseThrow())) {
                assertThat(text(proc(process, "cmdline"))).doesNotContain(hex);
                assertThat(text(proc(process, "environ"))).doesNotContain(hex);
            }
            for (Path file : filesUnder(lab.root)) {
                assertThat(text(file)).as(file.toString()).doesNotContain(hex);
            }
        }
    }

    @Test
    void only_the_owner_can_reach_sockets_and_state() throws Exception {
        QemuLab.Machine machine = lab.machine();
        try (QemuProcess vm = machine.start()) {
            assertThat(
                            PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(vm.runDirectory().io())))
                    .isEqualTo("rwx------");
            try (Stream<Path> files = Files.list(vm.runDirectory().io())) {
                assertThat(files)
                        .hasSizeGreaterThanOrEqualTo(6)
                        .allSatisfy(
                                file ->
                                        assertThat(
                                                        PosixFilePermissions.toString(
                                                                Files.getPosixFilePermissions(
                                                                        file)))
                                                .endsWith("------"));
            }
            assertThat(
                            PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(
                                            machine.tpm.resolve("tpm2-00.permall"))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void killed_guardian_takes_its_children_along() throws Exception {
        try (QemuProcess vm = lab.machine().start()) {
            vm.commands().cont();

            signal("KILL", vm.guardian());

            assertThat(within(LONG, vm.qemuEnded())).isEqualTo(new Unrecorded());
            assertThat(vm.awaitEnd(LONG)).isTrue();
            assertThat(vm.swtpm().orElseThrow().isAlive()).isFalse();
        }
    }

    @Test
    void restarted_agent_finds_the_same_machine() throws Exception {
        QemuLab.Machine machine = lab.machine();
        QemuProcess before = machine.start();
        before.commands().cont();
        before.close();
        Files.writeString(machine.run.file("agent.pid"), deadProcess().toText());

        QemuLauncher.Attachment found = lab.launcher.attach(machine.run, LONG);

        assertThat(found)
                .isInstanceOfSatisfying(
                        Attached.class,
                        attached -> {
                            try (QemuProcess vm = attached.process()) {
                                assertThat(vm.qemu()).isEqualTo(before.qemu());
                                assertThat(vm.swtpm()).isEqualTo(before.swtpm());
                                assertThat(status(vm)).isEqualTo(RunState.RUNNING);
                                assertThat(machine.run.file("agent.pid"))
                                        .hasContent(ProcessIdentity.self().toText());
                            }
                        });
    }

    @Test
    void restarted_agent_learns_how_a_machine_ended() throws Exception {
        QemuLab.Machine machine = lab.machine();
        QemuProcess vm = machine.start();
        vm.close();
        signal("KILL", vm.qemu());
        assertThat(vm.awaitEnd(LONG)).isTrue();

        assertThat(lab.launcher.attach(machine.run, LONG))
                .isEqualTo(new Gone(new Signalled(9), new Exited(0), Optional.of("qemu ended")));
    }

    @Test
    void pid_of_another_process_is_not_taken_for_the_machine() throws Exception {
        QemuLab.Machine machine = lab.machine();
        QemuProcess vm = machine.start();
        vm.close();
        assertThat(vm.kill(LONG)).isTrue();
        // The numbers were given to somebody else: this very process.
        long somebody = ProcessIdentity.self().pid();
        Files.writeString(
                machine.run.file("guardian.pid"), new ProcessIdentity(somebody, 1).toText());
        Files.writeString(machine.run.file("qemu.pid"), new ProcessIdentity(somebody, 1).toText());

        assertThat(lab.launcher.attach(machine.run, LONG)).isInstanceOf(Gone.class);
    }

    @Test
    void dead_swtpm_is_noticed_while_the_guest_runs_on() throws Exception {
        try (QemuProcess vm = lab.machine().start()) {
            vm.commands().cont();

            signal("KILL", vm.swtpm().orElseThrow());

            assertThat(within(Duration.ofSeconds(3), vm.swtpmEnded())).isEqualTo(new Signalled(9));
            assertThat(vm.commands().status()).isEqualTo(RunState.RUNNING);
            assertThat(vm.tpmIsAlive()).isFalse();
        }
    }

    @Test
    void stopped_swtpm_is_not_alive() throws Exception {
        try (QemuProcess vm = lab.machine().start()) {
            signal("STOP", vm.swtpm().orElseThrow());

            eventually(LONG, () -> !vm.tpmIsAlive());

            signal("CONT", vm.swtpm().orElseThrow());
            eventually(LONG, vm::tpmIsAlive);
        }
    }

    @Test
    void quit_ends_all_three_and_says_how() throws Exception {
        QemuLab.Machine machine = lab.machine();
        try (QemuProcess vm = machine.start()) {
            vm.commands().quit();

            assertThat(within(LONG, vm.qemuEnded())).isEqualTo(new Exited(0));
            assertThat(within(LONG, vm.swtpmEnded())).isEqualTo(new Exited(0));
            assertThat(vm.awaitEnd(LONG)).isTrue();
            assertThat(machine.run.file("guardian.exit")).hasContent("qemu ended\n");
            machine.run.remove();
            assertThat(machine.run.path()).doesNotExist();
        }
    }

    @Test
    void killed_machine_is_gone_with_everything() throws Exception {
        try (QemuProcess vm = lab.machine().start()) {
            vm.commands().cont();

            assertThat(vm.kill(LONG)).isTrue();

            assertThat(vm.isAlive()).isFalse();
            assertThat(within(LONG, vm.qemuEnded())).isEqualTo(new Signalled(9));
        }
    }

    @Test
    void guest_does_not_outlive_its_lease() throws Exception {
        QemuLab.Machine machine = lab.machine();
        try (QemuProcess vm =
                machine.start(1, new LeaseEnd.At(LeaseEnd.uptime().plusSeconds(60)))) {
            vm.commands().cont();

            vm.setLeaseEnd(new LeaseEnd.At(LeaseEnd.uptime().plusMillis(700)));

            assertThat(within(Duration.ofSeconds(4), vm.qemuEnded())).isEqualTo(new Signalled(9));
            assertThat(vm.awaitEnd(LONG)).isTrue();
            assertThat(machine.run.file("guardian.exit")).hasContent("deadline\n");
        }
    }

    @Test
    void unreadable_lease_is_an_expired_one() throws Exception {
        QemuLab.Machine machine = lab.machine();
        try (QemuProcess vm = machine.start()) {
            Files.writeString(machine.run.file("deadline"), "nevermore\n");

            assertThat(within(Duration.ofSeconds(4), vm.qemuEnded())).isEqualTo(new Signalled(9));
        }
    }

    @Test
    void wrong_state_key_is_refused_and_the_state_stays() throws Exception {
        QemuLab.Machine machine = lab.machine();
        QemuProcess vm = machine.start(1, new LeaseEnd.Never());
        vm.close();
        assertThat(vm.kill(LONG)).isTrue();
        byte[] state = Files.readAllBytes(machine.tpm.resolve("tpm2-00.permall"));

        assertThatThrownBy(() -> machine.start(2, new LeaseEnd.Never()))
                .isInstanceOf(LaunchFailed.class)
                .hasMessageContaining("0x101");

        assertThat(machine.run.guardian()).isEmpty();
        assertThat(machine.tpm.resolve("tpm2-00.permall")).hasBinaryContent(state);
    }

    @Test
    void children_that_outlived_their_guardian_are_ended_by_the_next_agent() throws Exception {
        QemuLab.Machine machine = lab.machine();
        QemuProcess vm = machine.start();
        vm.close();
        // As after a guardian without CAP_KILL: its file names nobody, the children are there.
        Files.writeString(machine.run.file("guardian.pid"), deadProcess().toText());

        assertThat(lab.launcher.attach(machine.run, LONG)).isInstanceOf(Gone.class);

        assertThat(vm.qemu().isAlive()).isFalse();
        assertThat(vm.awaitEnd(LONG)).isTrue();
    }

    @Test
    void occupied_run_directory_is_refused() throws Exception {
        QemuLab.Machine machine = lab.machine();
        try (QemuProcess vm = machine.start()) {
            assertThatThrownBy(machine::start)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("in use by process " + vm.guardian().pid());
            assertThat(vm.isAlive()).isTrue();
        }
    }

    @Test
    void broken_program_fails_the_start_with_its_last_words() throws Exception {
        QemuLab.Machine machine = lab.machine();
        QemuLauncher broken =
                new QemuLauncher(
                        lab.guardian, Path.of("/bin/false"), QemuLab.SWTPM, Duration.ofSeconds(5));

        assertThatThrownBy(
                        () ->
                                broken.launch(
                                        new QemuLauncher.Launch(
                                                machine.hardware(),
                                                Optional.of(machine.tpm),
                                                QemuLab.user(),
                                                new LeaseEnd.Never(),
                                                LONG),
                                        QemuLab.keys(1)))
                .isInstanceOf(LaunchFailed.class)
                .hasMessageContaining("qemu.exit: exit 1");
        assertThat(machine.run.guardian()).isEmpty();
    }

    static ProcessIdentity deadProcess() throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        ProcessIdentity identity = ProcessIdentity.of(process.pid()).orElseThrow();
        process.destroyForcibly().waitFor();
        return identity;
    }

    private static RunState status(QemuProcess vm) {
        try {
            return vm.commands().status();
        } catch (InterruptedException stop) {
            throw new IllegalStateException(stop);
        }
    }

    private static Path proc(ProcessIdentity process, String file) {
        return Path.of("/proc", Long.toString(process.pid()), file);
    }

    private static String text(Path file) throws Exception {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }

    private static List<Path> filesUnder(Path root) throws Exception {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}
