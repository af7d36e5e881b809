package io.tlvm.cli.transfer;

import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.cli.progress.Progress;
import io.tlvm.cli.progress.Update;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;

/**
 * A file that shall become content of the store.
 *
 * @param file the file
 * @param sizeBytes its size, positive
 * @param digest {@code sha256:<64 hex>} over all of it
 * @param format {@code raw} or {@code vhdx}
 */
public record LocalContent(Path file, long sizeBytes, String digest, String format) {

    private static final int BUFFER = 1024 * 1024;

    /** MS-VHDX 2.2.1: the file type identifier at offset 0. */
    private static final byte[] VHDX = "vhdxfile".getBytes(StandardCharsets.US_ASCII);

    /** Reads the whole file once. {@code format} may be empty: then the first bytes decide. */
    public static LocalContent measure(Path file, String format, Progress progress) {
        if (!Files.isRegularFile(file)) {
            throw new ProblemException(
                    Problem.usage(file + " is not a file", "give the path of an image"));
        }
        try (var channel = FileChannel.open(file)) {
            long size = channel.size();
            if (size == 0) {
                throw new ProblemException(
                        Problem.usage(file + " is empty", "give the path of an image"));
            }
            MessageDigest digest = sha256();
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
            byte[] head = {};
            long read = 0;
            while (channel.read(buffer) >= 0) {
                buffer.flip();
                if (read == 0) {
                    head = Arrays.copyOf(buffer.array(), Math.min(VHDX.length, buffer.limit()));
                }
                read += buffer.remaining();
                digest.update(buffer);
                buffer.clear();
                progress.show(
                        new Update(String.valueOf(file.getFileName()), "DIGEST", "", read, size));
            }
            if (read != size) {
                throw new ProblemException(
                        Problem.failed(
                                file + " changed while it was read",
                                "repeat when nobody writes to it"));
            }
            String found = Arrays.equals(head, VHDX) ? "vhdx" : "raw";
            String declared = format.isEmpty() ? found : format.toLowerCase(Locale.ROOT);
            return new LocalContent(
                    file, size, "sha256:" + HexFormat.of().formatHex(digest.digest()), declared);
        } catch (IOException unreadable) {
            throw new ProblemException(
                    Problem.failed(
                            "cannot read " + file + ": " + unreadable.getMessage(),
                            "check the path and its rights"),
                    unreadable);
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
