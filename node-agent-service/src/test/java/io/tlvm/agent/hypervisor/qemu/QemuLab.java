package io.tlvm.agent.hypervisor.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.agent.hypervisor.qemu.QemuLauncher.Launch;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A host with room for machines: real QEMU, swtpm and guardian, blank disks, everything gone at the
 * end.
 */
final class QemuLab implements AutoCloseable {
    static final Path QEMU = Path.of("/usr/bin/qemu-system-x86_64");
    static final Path SWTPM = Path.of("/usr/bin/swtpm");
    static final Path CODE = Path.of("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd");
    static final Path VARS = Path.of("/usr/share/OVMF/OVMF_VARS_4M.ms.fd");
    static final Duration LONG = Duration.ofSeconds(20);
    private static final UUID VM = UUID.fromString("0d1f5a3e-6c0e-4b8e-9a55-3d5f9d1c2b7a");

    final Path root;
    final Guardian guardian;
    final QemuLauncher launcher;
    private final List<RunDirectory> runs = new ArrayList<>();

    QemuLab() throws IOException, InterruptedException {
        root = Files.createTempDirectory(Path.of("/tmp"), "tlvm-lab-");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        Path binary = root.resolve("guardian");
        run("src/main/c/build", binary.toString());
        guardian = new Guardian(binary);
        launcher = new QemuLauncher(guardian, QEMU, SWTPM, Duration.ofSeconds(10));
    }

    /** One machine's files; two of them with the same disk are the ends of a migration. */
    final class Machine {
        final RunDirectory run;
        final Path tpm;
        final Path vars;
        final Path disk;
        private final boolean incoming;

        Machine(String name, Path disk, boolean incoming) throws IOException {
            this.run = new RunDirectory(root.resolve("run-" + name));
            this.tpm =
                    ours(
                            Files.createDirectory(
                                    root.resolve("tpm-" + name),
                                    PosixFilePermissions.asFileAttribute(
                                            PosixFilePermissions.fromString("rwx------"))));
            this.vars = ours(Files.copy(VARS, root.resolve("vars-" + name + ".fd")));
            this.disk = disk;
            this.incoming = incoming;
            runs.add(run);
        }

        MachineHardware hardware() {
            return hardware(SecurityType.TRUSTED_LAUNCH, CODE);
        }

        MachineHardware standard() {
            return hardware(SecurityType.STANDARD, Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd"));
        }

        private MachineHardware hardware(SecurityType type, Path code) {
            return new MachineHardware(
                    VM,
                    "pc-q35-7.2",
                    Accelerator.TCG,
                    MachineHardware.TCG_CPU,
                    1,
                    384,
                    List.of(new Disk("d0", disk, false)),
                    type,
                    code,
                    vars,
                    "52:54:00:12:34:56",
                    false,
                    run,
                    incoming);
        }

        QemuProcess start() throws IOException, InterruptedException, LaunchFailed {
            return start(1, new LeaseEnd.Never());
        }

        QemuProcess start(int stateKey, LeaseEnd leaseEnd)
                throws IOException, InterruptedException, LaunchFailed {
            return launcher.launch(
                    new Launch(hardware(), Optional.of(tpm), user(), leaseEnd, LONG),
                    keys(stateKey));
        }
    }

    Machine machine() throws IOException {
        String name = "m" + runs.size();
        return new Machine(name, disk(name), false);
    }

    Machine targetOf(Machine source) throws IOException {
        return new Machine("m" + runs.size(), source.disk, true);
    }

    Machine targetWithOwnDisk() throws IOException {
        String name = "m" + runs.size();
        return new Machine(name, disk(name), true);
    }

    Path disk(String name) throws IOException {
        Path disk = root.resolve("disk-" + name + ".raw");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(4 << 20);
        }
        return ours(disk);
    }

    /** Two keys of one repeated byte each. */
    static ChildKeys keys(int state) {
        return new ChildKeys(line(state), line(99));
    }

    private static ChildKeys.Line line(int value) {
        String hex = String.format("%02x", value).repeat(32) + "\n";
        return guardian -> guardian.write(hex.getBytes(StandardCharsets.US_ASCII));
    }

    static RunAs user() {
        return isRoot() ? new RunAs.Ids(64711, 64711) : new RunAs.AgentItself();
    }

    static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    Path ours(Path path) throws IOException {
        if (isRoot()) {
            Files.setAttribute(path, "unix:gid", 64711, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(path, "unix:uid", 64711, LinkOption.NOFOLLOW_LINKS);
        }
        return path;
    }

    /** Runs a program to its good end. */
    static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    static void signal(String name, ProcessIdentity process)
            throws IOException, InterruptedException {
        run("kill", "-" + name, Long.toString(process.pid()));
    }

    static <T> T within(Duration limit, CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Asks until it holds. */
    static void eventually(Duration limit, Condition condition) throws Exception {
        if (BoundedWait.<Boolean, Exception>until(
                        limit,
                        Duration.ofMillis(20),
                        () -> condition.holds() ? Optional.of(true) : Optional.empty())
                .isEmpty()) {
            throw new TimeoutException("not within " + limit);
        }
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    /** Ends what a test left running. */
    void endAll() throws IOException, InterruptedException {
        for (RunDirectory run : runs) {
            assertThat(Guardian.end(run.living(), LONG)).isTrue();
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        endAll();
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path directory, @Nullable IOException failure) throws IOException {
                        Files.delete(directory);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
