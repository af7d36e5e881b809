package io.tlvm.agent.hypervisor.qemu;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * Files of a run directory: a few bytes, mode 0600, replaced as a whole. They are never synced: the
 * directory is on tmpfs and means nothing after a boot.
 */
final class SmallFile {
    private static final int MAX_BYTES = 4096;

    private SmallFile() {}

    /** The text, at most 4 KiB of it; empty when there is no such file. */
    static Optional<String> read(Path file) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer buffer = ByteBuffer.allocate(MAX_BYTES);
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {}
            return Optional.of(
                    new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8));
        } catch (NoSuchFileException missing) {
            return Optional.empty();
        }
    }

    static void write(Path file, String text) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".agent");
        Files.deleteIfExists(fresh);
        try (FileChannel channel =
                FileChannel.open(
                        fresh,
                        Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                int ignored = channel.write(bytes);
            }
        }
        Files.move(
                fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * The end of a log, for a message: at most 2 KiB, printable characters only; empty text when
     * there is none.
     */
    static String tail(Path file) {
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            int length = (int) Math.min(2048, log.length());
            byte[] bytes = new byte[length];
            log.seek(log.length() - length);
            log.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8)
                    .replaceAll("[^\\n\\x20-\\x7e]", "?")
                    .strip();
        } catch (IOException unreadable) {
            return "";
        }
    }
}
