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

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

class HostProbeTest {
    private static final Path TOOLS = Path.of("/usr/bin");

    private Path root;

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
            assertThat(left.map(Path::getFileName).map(Path::toString)).containsExactly("guardian");
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

    private HostProbe probe(SearchPath path) throws Exception {
        Path guardian = root.resolve("guardian");
        Process build =
                new ProcessBuilder("src/main/c/build", guardian.toString()).inheritIO().start();
        assertThat(build.waitFor()).isZero();
        RunAs user =
                System.getProperty("user.name").equals("root")
                        ? new RunAs.Ids(64711, 64711)
                        : new RunAs.AgentItself();
        return new HostProbe(
                path,
                new FirmwareImages(FirmwareImages.DEBIAN),
                new HostProbe.Settings(new Guardian(guardian), root, user, "Nehalem"));
    }
}
