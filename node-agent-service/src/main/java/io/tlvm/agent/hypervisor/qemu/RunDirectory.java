package io.tlvm.agent.hypervisor.qemu;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where one running VM keeps what does not survive a boot: sockets, pids, argument lists, logs. On
 * tmpfs.
 *
 * <p>The directory itself (0711) belongs to the agent; {@code io/} in it (0700) to the user that
 * QEMU and swtpm run as. So a guest that broke out of QEMU can replace sockets, which it has
 * anyway, but not its lease, a pid or an exit file.
 *
 * @param path absolute, of plain characters (it stands in option strings where a comma would begin
 *     another option), and short: a unix socket address ends at 107 bytes, unix(7)
 */
public record RunDirectory(Path path) {
    private static final Pattern PLAIN = Pattern.compile("/[A-Za-z0-9._/-]+");
    private static final int SOCKET_PATH_MAX = 107;

    public RunDirectory {
        if (!path.equals(path.normalize()) || !PLAIN.matcher(path.toString()).matches()) {
            throw new IllegalArgumentException(
                    "run directory " + path + " is not an absolute path of letters, digits, . _ -");
        }
        if (path.resolve("io/observer.sock").toString().length() > SOCKET_PATH_MAX) {
            throw new IllegalArgumentException(
                    "run directory "
                            + path
                            + " is too long for socket addresses ("
                            + SOCKET_PATH_MAX
                            + " bytes): choose a shorter run root");
        }
    }

    /** The monitor of the agent; it has one seat. */
    public Path qmpSocket() {
        return io().resolve("qmp.sock");
    }

    /** The monitor of whoever only looks; it has one seat. */
    public Path observerSocket() {
        return io().resolve("observer.sock");
    }

    /** Guest commands (virtio-serial port {@code tlvm.ctl}). */
    public Path controlSocket() {
        return io().resolve("ctl.sock");
    }

    /** Signs of life of the guest (virtio-serial port {@code tlvm.tick}). */
    public Path tickSocket() {
        return io().resolve("tick.sock");
    }

    public Path serialSocket() {
        return io().resolve("serial.sock");
    }

    /**
     * What the first serial port said: written by the guest, so it proves nothing after the
     * firmware.
     */
    public Path serialLog() {
        return io().resolve("serial.log");
    }

    /** Where a migration's memory stream enters or leaves QEMU. */
    public Path migrationSocket() {
        return io().resolve("mig.sock");
    }

    /** Where the target's disk exports listen, or the source's way to them begins. */
    public Path nbdSocket() {
        return io().resolve("nbd.sock");
    }

    public Path swtpmSocket() {
        return io().resolve("swtpm.sock");
    }

    public Path io() {
        return path.resolve("io");
    }

    Path file(String name) {
        return path.resolve(name);
    }

    /** The guardian's process, while there is one; empty when it never started or has ended. */
    public Optional<ProcessIdentity> guardian() throws IOException {
        return ProcessIdentity.read(file("guardian.pid")).filter(ProcessIdentity::isAlive);
    }

    /** Guardian, QEMU and swtpm, in this order, as far as one of them lives. */
    List<ProcessIdentity> living() throws IOException {
        List<ProcessIdentity> living = new ArrayList<>();
        for (String name : List.of("guardian.pid", "qemu.pid", "swtpm.pid")) {
            ProcessIdentity.read(file(name))
                    .filter(ProcessIdentity::isAlive)
                    .ifPresent(living::add);
        }
        return living;
    }

    /**
     * Makes the directory, empty, for a start. What an ended guest left in it is removed.
     *
     * @throws IllegalStateException while a process lives in it
     */
    void prepare(RunAs runAs) throws IOException {
        refuseWhileInUse();
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            empty();
        } else {
            Files.createDirectory(
                    path,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx--x--x")));
        }
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx--x--x"));
        Files.createDirectory(
                io(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (runAs instanceof RunAs.Ids ids) {
            Files.setAttribute(io(), "unix:gid", ids.gid(), LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(io(), "unix:uid", ids.uid(), LinkOption.NOFOLLOW_LINKS);
        }
    }

    /** Removes the directory of an ended guest. */
    public void remove() throws IOException {
        refuseWhileInUse();
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            empty();
            Files.deleteIfExists(file("lock"));
            Files.delete(path);
        }
    }

    private void refuseWhileInUse() throws IOException {
        List<ProcessIdentity> living = living();
        if (!living.isEmpty()) {
            throw new IllegalStateException(
                    path
                            + " is in use by process "
                            + living.getFirst().pid()
                            + ": attach to it, or end it first");
        }
    }

    private void empty() throws IOException {
        if (Files.isDirectory(io(), LinkOption.NOFOLLOW_LINKS)) {
            deleteFiles(io());
            Files.delete(io());
        }
        deleteFiles(path);
    }

    /**
     * Plain entries only, links not followed. The lock stays: a guardian that starts this moment
     * may hold it.
     */
    private static void deleteFiles(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (!entry.getFileName().toString().equals("lock")) {
                    Files.delete(entry);
                }
            }
        }
    }
}
