package io.tlvm.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.agent.firmware.FirmwareImages;
import io.tlvm.agent.firmware.FirmwareKind;
import io.tlvm.agent.hypervisor.qemu.Guardian;
import io.tlvm.agent.hypervisor.qemu.MachineHardware;
import io.tlvm.agent.hypervisor.qemu.RunAs;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;

class HostProbeTest {
    private static final Path TOOLS = Path.of("/usr/bin");

    private Path root;
    private Instant now = Instant.parse("2026-11-24T12:00:00Z");

    @BeforeEach
    void make_the_directory_passable_for_other_users(@TempDir Path directory) throws Exception {
        root = directory;
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
    }

    @Test
    void host_reports_what_really_started() throws Exception {
        HostCapabilities host = probe(SearchPath.of("relative:/usr/bin")).probe();

        assertThat(host.qemuVersion()).matches("\\d+\\.\\d+\\.\\d+");
        assertThat(host.machineTypes())
                .contains("pc-q35-7.2")
                .allMatch(type -> type.startsWith("pc-q35-"));
        assertThat(host.swtpmFeatures()).contains("cmdarg-key-fd");
        assertThat(host.firmware().get(FirmwareKind.SECURE_BOOT))
                .isInstanceOf(FirmwareSupport.Installed.class);
        assertThat(host.vcpus()).isPositive();
        assertThat(host.memoryBytes()).isGreaterThan(1L << 28);
        switch (host.acceleration()) {
            case Acceleration.Kvm() -> assertThat(host.cpuModel()).isEqualTo("Nehalem");
            case Acceleration.Emulation(String whyNotKvm) -> {
                assertThat(whyNotKvm).containsIgnoringCase("kvm");
                assertThat(host.cpuModel()).isEqualTo(MachineHardware.TCG_CPU);
                assertThat(host.vbs())
                        .isEqualTo(new VbsSupport.Possible(MachineHardware.TCG_VBS_CPU));
            }
        }
        try (Stream<Path> left = Files.list(root)) {
            assertThat(left.map(Path::getFileName).map(Path::toString))
                    .containsExactlyInAnyOrder("guardian", "host");
        }
    }

    @Test
    void missing_program_is_named_with_its_package() {
        assertThatThrownBy(() -> probe(new SearchPath(List.of(root))).probe())
                .isInstanceOf(HostUnusable.class)
                .hasMessageContaining("qemu-system-x86_64")
                .hasMessageContaining("install the package qemu-system-x86");
    }

    @Test
    void impostor_of_qemu_is_named_with_its_path() throws Exception {
        Path impostor =
                Files.createSymbolicLink(root.resolve("qemu-system-x86_64"), Path.of("/bin/false"));

        assertThatThrownBy(() -> probe(new SearchPath(List.of(root, TOOLS))).probe())
                .isInstanceOf(HostUnusable.class)
                .hasMessageContaining(impostor.toString())
                .hasMessageContaining("exit 1");
    }

    @Test
    void impostor_of_swtpm_is_named_with_its_path() throws Exception {
        Path impostor = Files.createSymbolicLink(root.resolve("swtpm"), Path.of("/bin/true"));

        assertThatThrownBy(() -> probe(new SearchPath(List.of(root, TOOLS))).probe())
                .isInstanceOf(HostUnusable.class)
                .hasMessageContaining(impostor.toString());
    }

    @Test
    void qemu_that_only_knows_its_version_is_refused() throws Exception {
        Path half = root.resolve("qemu-system-x86_64");
        Files.writeString(
                half,
                """
                #!/bin/sh
                case $1 in
                  --version) echo 'QEMU emulator version 9.9.9' ;;
                  -machine) echo 'pc-q35-9.9 Standard PC' ;;
                  *) echo 'this is no machine' >&2; exit 3 ;;
                esac
                """);
        Files.setPosixFilePermissions(half, PosixFilePermissions.fromString("rwxr-xr-x"));

        assertThatThrownBy(() -> probe(new SearchPath(List.of(root, TOOLS))).probe())
                .isInstanceOf(HostUnusable.class)
                .hasMessageContaining(half.toString())
                .hasMessageContaining("this is no machine");
    }

    @Test
    void host_is_tried_again_only_when_something_about_it_changed() throws Exception {
        Path starts = root.resolve("starts");
        Path qemu = counted(starts);
        SearchPath path = new SearchPath(List.of(root, TOOLS));
        HostCapabilities first = probe(path).probe();
        int tried = starts(starts);
        assertThat(tried).isPositive();

        assertThat(probe(path).probe()).isEqualTo(first);
        assertThat(starts(starts)).isEqualTo(tried);

        now = now.plus(Duration.ofDays(1));
        probe(path).probe();
        assertThat(starts(starts)).isEqualTo(2 * tried);

        Files.write(root.resolve("host"), new byte[] {1, 2, 3});
        probe(path).probe();
        assertThat(starts(starts)).isEqualTo(3 * tried);

        Files.delete(qemu);
        Files.createSymbolicLink(qemu, Path.of("/bin/false"));
        assertThatThrownBy(() -> probe(path).probe())
                .isInstanceOf(HostUnusable.class)
                .hasMessageContaining(qemu.toString());
    }

    /** The real QEMU, by a script that notes each start. */
    private Path counted(Path starts) throws IOException {
        Path script = root.resolve("qemu-system-x86_64");
        Files.writeString(
                script,
                """
                #!/bin/sh
                echo started >>%s
                exec %s "$@"
                """
                        .formatted(starts, TOOLS.resolve("qemu-system-x86_64")));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createFile(starts);
        Files.setPosixFilePermissions(starts, PosixFilePermissions.fromString("rw-rw-rw-"));
        return script;
    }

    private static int starts(Path starts) throws IOException {
        return Files.readAllLines(starts).size();
    }

    private HostProbe probe(SearchPath path) throws Exception {
        Path guardian = root.resolve("guardian");
        if (!Files.exists(guardian)) {
            Process build =
                    new ProcessBuilder("src/main/c/build", guardian.toString()).inheritIO().start();
            assertThat(build.waitFor()).isZero();
        }
        RunAs user =
                System.getProperty("user.name").equals("root")
                        ? new RunAs.Ids(64711, 64711)
                        : new RunAs.AgentItself();
        return new HostProbe(
                path,
                new FirmwareImages(FirmwareImages.DEBIAN),
                new FindingsFile(root.resolve("host"), Clock.fixed(now, ZoneOffset.UTC)),
                new HostProbe.Settings(new Guardian(guardian), root, user, "Nehalem"));
    }
}
