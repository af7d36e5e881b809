package io.tlvm.agent.config;

import io.tlvm.agent.hypervisor.qemu.RunDirectory;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;

/**
 * The agent's own directories, made where they are missing, and the lock that keeps a second agent
 * out of them.
 */
final class StateDirectories implements AutoCloseable {
    private static final String PRIVATE = "rwx------";
    private static final String PASSABLE = "rwx--x--x";

    /** A run directory is named {@code <vm uid>.<epoch>}; this many digits must fit. */
    private static final String LONG_EPOCH = "999";

    private final Path state;
    private final Path run;
    private final FileChannel lockFile;

    private StateDirectories(Path state, Path run, FileChannel lockFile) {
        this.state = state;
        this.run = run;
        this.lockFile = lockFile;
    }

    /**
     * @throws IllegalStateException when another agent holds them, or the run directory is too long
     */
    static StateDirectories open(Path stateDirectory, Path runDirectory) throws IOException {
        Path state = stateDirectory.toAbsolutePath().normalize();
        Path run = runDirectory.toAbsolutePath().normalize();
        // Proves that the sockets of a machine will fit, before there is one.
        var unused = new RunDirectory(run.resolve(UUID.randomUUID() + "." + LONG_EPOCH));
        make(state, PASSABLE);
        make(run, PASSABLE);
        make(state.resolve("journals"), PRIVATE);
        make(state.resolve("images"), PRIVATE);
        FileChannel lockFile =
                FileChannel.open(
                        state.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        @Nullable FileLock lock;
        try {
            lock = lockFile.tryLock();
        } catch (OverlappingFileLockException sameProcess) {
            lock = null;
        }
        if (lock == null) {
            lockFile.close();
            throw new IllegalStateException(
                    "another agent uses "
                            + state
                            + ": stop it, or set tlvm.node.state-directory to another directory");
        }
        return new StateDirectories(state, run, lockFile);
    }

    private static void make(Path directory, String mode) throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
    }

    Path journals() {
        return state.resolve("journals");
    }

    Path images() {
        return state.resolve("images");
    }

    Path keyset() {
        return state.resolve("node.keyset");
    }

    Path hostFindings() {
        return state.resolve("host");
    }

    Path run() {
        return run;
    }

    @Override
    public void close() throws IOException {
        lockFile.close();
    }
}
