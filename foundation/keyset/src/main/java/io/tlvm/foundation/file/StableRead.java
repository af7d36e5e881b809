package io.tlvm.foundation.file;

import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads a file that QEMU or swtpm may be writing. swtpm replaces its file by rename, QEMU writes in
 * place, neither locks it against a reader: so the content counts only if nothing about the file
 * changed meanwhile and a second read gives the same bytes.
 */
public final class StableRead {
    private static final int ATTEMPTS = 16;

    private StableRead() {}

    /** What was found under the name. */
    public sealed interface Outcome {
        /** The content, as it was at one moment. */
        record Stable(byte[] bytes) implements Outcome {}

        /** Nothing has that name. */
        record Missing() implements Outcome {}

        /**
         * Not a regular file with exactly one name: a link, a pipe, a directory. It was not opened.
         */
        record NotRegular() implements Outcome {}

        /** More bytes than the reader allows. */
        record TooLarge(long size, int max) implements Outcome {}

        /** It changed during each of the attempts. */
        record Changing(int attempts) implements Outcome {}
    }

    /**
     * Reads a file without following a symbolic link in its last component. The directories above
     * must belong to the agent.
     *
     * @param max the most bytes to read
     * @throws IOException when the medium fails
     */
    public static Outcome read(Path file, int max) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try {
                FileStatus before = FileStatus.of(file);
                if (!before.isPlain()) {
                    return new Outcome.NotRegular();
                }
                long size = before.size();
                if (size > max) {
                    return new Outcome.TooLarge(size, max);
                }
                byte[] first;
                byte[] second;
                try (var channel = FileChannel.open(file, READ, LinkOption.NOFOLLOW_LINKS)) {
                    first = content(channel, (int) size);
                    second = content(channel, (int) size);
                }
                if (first.length == size
                        && Arrays.equals(first, second)
                        && before.equals(FileStatus.of(file))) {
                    return new Outcome.Stable(first);
                }
            } catch (NoSuchFileException gone) {
                return new Outcome.Missing();
            }
        }
        return new Outcome.Changing(ATTEMPTS);
    }

    private static byte[] content(FileChannel channel, int size) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(size);
        while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) >= 0) {
            // read() moves the buffer; a file that shrank meanwhile ends the loop
        }
        return Arrays.copyOf(buffer.array(), buffer.position());
    }
}
