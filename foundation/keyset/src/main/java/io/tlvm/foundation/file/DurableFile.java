package io.tlvm.foundation.file;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Writes that are on the medium when the method returns. A rename is durable only once its
 * directory was synced (fsync(2): "Calling fsync() does not necessarily ensure that the entry in
 * the directory containing the file has also reached disk").
 */
public final class DurableFile {
    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private DurableFile() {}

    /**
     * Replaces a file as a whole: a reader, and a power cut, sees the old content or the new one.
     * The file gets mode 0600.
     *
     * @param owner who owns it before it gets its name
     * @throws IOException when it could not be written; the old content stays then
     */
    public static void replace(Path file, byte[] content, FileOwner owner) throws IOException {
        Path directory = directoryOf(file);
        Path fresh = directory.resolve(freshName(file.getFileName().toString()));
        Files.deleteIfExists(fresh);
        try (var channel =
                FileChannel.open(
                        fresh, Set.of(CREATE_NEW, WRITE, LinkOption.NOFOLLOW_LINKS), PRIVATE)) {
            writeFully(channel, ByteBuffer.wrap(content));
            owner.take(fresh, "rw-------");
            channel.force(true);
        }
        Files.move(fresh, file, ATOMIC_MOVE);
        syncDirectory(directory);
    }

    /**
     * Gives a synced file or directory its name, in place of whatever had it, durably.
     *
     * @throws IOException when it could not be renamed
     */
    public static void rename(Path from, Path to) throws IOException {
        Files.move(from, to, ATOMIC_MOVE);
        syncDirectory(directoryOf(to));
    }

    /**
     * Syncs content and attributes of a regular file.
     *
     * @throws IOException when the kernel could not write them; what was acknowledged before is
     *     then unknown
     */
    public static void sync(Path file) throws IOException {
        try (var channel = FileChannel.open(file, WRITE, LinkOption.NOFOLLOW_LINKS)) {
            channel.force(true);
        }
    }

    /**
     * Syncs the names in a directory.
     *
     * @throws IOException when the kernel could not write them
     */
    public static void syncDirectory(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, READ)) {
            channel.force(true);
        }
    }

    /**
     * Writes all of a buffer.
     *
     * @throws IOException when the medium is full or failed
     */
    public static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** The temporary name under which a file is written; a crash may leave it. */
    public static String freshName(String name) {
        return ".new-" + name;
    }

    private static Path directoryOf(Path file) {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IllegalArgumentException("the root directory is no file");
        }
        return directory;
    }
}
