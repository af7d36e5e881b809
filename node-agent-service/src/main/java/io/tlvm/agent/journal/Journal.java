package io.tlvm.agent.journal;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.tlvm.agent.journal.JournalOpening.Damage;
import io.tlvm.agent.journal.JournalOpening.Opened;
import io.tlvm.agent.journal.JournalOpening.Refused;
import io.tlvm.agent.journal.JournalOpening.TornTail;
import io.tlvm.foundation.file.DurableFile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One append-only file. A record is acknowledged when {@link #append} returns: it is on the medium
 * then, and every later opening gives it back. After a failed write or sync the journal takes no
 * record any more, because the kernel reports a lost write only once (fsync(2), errors): open it
 * again to learn what is really there.
 *
 * <p>One process has a journal open at a time; the agent's own lock sees to that. Safe for use by
 * several threads.
 */
public final class Journal implements AutoCloseable {
    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path file;
    private FileChannel channel;
    private boolean usable = true;

    private Journal(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Opens a journal, or makes an empty one with mode 0600 where there is none. The directory must
     * exist.
     *
     * @return the open journal with all its records, or what is wrong with the file
     * @throws IOException when the medium fails, or the name is a symbolic link
     */
    public static JournalOpening open(Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(
                        file, Set.of(CREATE, READ, WRITE, LinkOption.NOFOLLOW_LINKS), PRIVATE);
        boolean handedOver = false;
        try {
            JournalOpening opening = open(file, channel);
            handedOver = opening instanceof Opened;
            return opening;
        } finally {
            if (!handedOver) {
                channel.close();
            }
        }
    }

    private static JournalOpening open(Path file, FileChannel channel) throws IOException {
        long size = channel.size();
        if (size > JournalFormat.FILE_MAX) {
            return new Refused(file, 0, new Damage.FileTooLong(size, JournalFormat.FILE_MAX));
        }
        return switch (JournalFormat.read(content(channel, (int) size))) {
            case JournalFormat.Reading.Damaged(long offset, Damage why) ->
                    new Refused(file, offset, why);
            case JournalFormat.Reading.Records(List<byte[]> payloads, long end) -> {
                if (end == 0) {
                    channel.truncate(0);
                    channel.position(0);
                    DurableFile.writeFully(channel, JournalFormat.header());
                } else {
                    channel.truncate(end);
                    channel.position(end);
                }
                channel.force(true);
                // Also for a file that was there: the crash may have come between its creation and
                // this sync.
                DurableFile.syncDirectory(directoryOf(file));
                Optional<TornTail> torn =
                        end < size ? Optional.of(new TornTail(end, size - end)) : Optional.empty();
                yield new Opened(new Journal(file, channel), payloads, torn);
            }
        };
    }

    /**
     * Appends one record. It is durable when this returns; when it throws, it may or may not be.
     *
     * @param payload 1 byte to 1 MiB
     * @throws IOException when the medium is full or failed, or an earlier write failed
     * @throws IllegalArgumentException for an empty or too long record, or one that makes the file
     *     too long
     */
    public synchronized void append(byte[] payload) throws IOException {
        append(List.of(payload));
    }

    /**
     * Appends records with one sync for all. After a crash the first some of them may be there and
     * the others not.
     *
     * @param payloads oldest first, each 1 byte to 1 MiB
     */
    public synchronized void append(List<byte[]> payloads) throws IOException {
        List<ByteBuffer> records = payloads.stream().map(JournalFormat::record).toList();
        requireUsable();
        long added = records.stream().mapToLong(ByteBuffer::remaining).sum();
        if (channel.position() + added > JournalFormat.FILE_MAX) {
            throw new IllegalArgumentException(
                    "journal %s is full at %d bytes: compact it first"
                            .formatted(file, JournalFormat.FILE_MAX));
        }
        usable = false;
        for (ByteBuffer record : records) {
            DurableFile.writeFully(channel, record);
        }
        channel.force(true);
        usable = true;
    }

    /**
     * Replaces all records. After a crash the file has either the old ones or the new ones.
     *
     * @param records each 1 byte to 1 MiB, oldest first
     * @throws IOException when the medium is full or failed, or an earlier write failed
     */
    public synchronized void compact(List<byte[]> records) throws IOException {
        requireUsable();
        Path fresh =
                directoryOf(file).resolve(DurableFile.freshName(file.getFileName().toString()));
        Files.deleteIfExists(fresh);
        FileChannel next =
                FileChannel.open(
                        fresh, Set.of(CREATE_NEW, READ, WRITE, LinkOption.NOFOLLOW_LINKS), PRIVATE);
        boolean published = false;
        try {
            DurableFile.writeFully(next, JournalFormat.header());
            for (byte[] record : records) {
                DurableFile.writeFully(next, JournalFormat.record(record));
            }
            next.force(true);
            usable = false;
            Files.move(fresh, file, ATOMIC_MOVE);
            published = true;
            channel.close();
            channel = next;
            DurableFile.syncDirectory(directoryOf(file));
            usable = true;
        } finally {
            if (!published) {
                next.close();
            }
        }
    }

    /** The size of the file in bytes, for deciding when to compact. */
    public synchronized long size() throws IOException {
        return channel.size();
    }

    @Override
    public synchronized void close() throws IOException {
        usable = false;
        channel.close();
    }

    private void requireUsable() throws IOException {
        if (!usable) {
            throw new IOException(
                    "journal %s takes no more records: it was closed, or a write failed. Open it again to see what it holds."
                            .formatted(file));
        }
    }

    private static byte[] content(FileChannel channel, int size) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(size);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, buffer.position()) < 0) {
                throw new IOException("the journal became shorter while it was read");
            }
        }
        return buffer.array();
    }

    private static Path directoryOf(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException(file + " has no directory");
        }
        return directory;
    }
}
