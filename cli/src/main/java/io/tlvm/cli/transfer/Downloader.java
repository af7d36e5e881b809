package io.tlvm.cli.transfer;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.tlvm.catalog.v1.ReadContentRequest;
import io.tlvm.catalog.v1.ReadContentResponse;
import io.tlvm.cli.connect.Calls;
import io.tlvm.cli.connect.Services;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.cli.progress.Progress;
import io.tlvm.cli.progress.Update;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Iterator;

/**
 * Fetches content by digest. The bytes go into {@code FILE.part}, which a later run continues; it
 * gets its name when the digest is right, so that nobody uses half of it.
 */
public final class Downloader {

    private static final int BUFFER = 1024 * 1024;

    private final Services services;
    private final Progress progress;

    /** Shows progress while it works. */
    public Downloader(Services services, Progress progress) {
        this.services = services;
        this.progress = progress;
    }

    /**
     * Returns when {@code target} has the content, synced.
     *
     * @param sizeBytes the size that the content must have
     */
    public void download(String digest, long sizeBytes, Path target) {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        // Ends the call also when writing fails; otherwise the server would wait for a reader until
        // its own deadline.
        Context.CancellableContext call = Context.current().withCancellation();
        try (var file =
                FileChannel.open(
                        part,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            call.run(() -> receive(digest, sizeBytes, target, file));
            String actual = digestOf(file);
            if (!actual.equals(digest)) {
                Files.delete(part);
                throw new ProblemException(
                        Problem.integrity(
                                "the bytes have " + actual + ", wanted " + digest,
                                "repeat; if it stays so, tell the catalog's operators"));
            }
            file.force(true);
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failed) {
            throw unwritable(target, failed);
        } finally {
            call.cancel(null);
        }
    }

    private void receive(String digest, long sizeBytes, Path target, FileChannel file) {
        try {
            if (file.size() > sizeBytes) {
                file.truncate(0);
            }
            long position = file.size();
            // A blocking iterator asks for one message at a time: that is the back-pressure.
            Iterator<ReadContentResponse> chunks =
                    services.content()
                            .readContent(
                                    ReadContentRequest.newBuilder()
                                            .setDigest(digest)
                                            .setOffsetBytes(position)
                                            .build());
            while (chunks.hasNext()) {
                ByteBuffer chunk = chunks.next().getChunk().asReadOnlyByteBuffer();
                while (chunk.hasRemaining()) {
                    position += file.write(chunk, position);
                }
                if (position > sizeBytes) {
                    throw new ProblemException(
                            Problem.integrity(
                                    "the server sends more than the "
                                            + sizeBytes
                                            + " bytes of the image",
                                    "do not use the content"));
                }
                progress.show(
                        new Update(
                                String.valueOf(target.getFileName()),
                                "DOWNLOAD",
                                "",
                                position,
                                sizeBytes));
            }
        } catch (StatusRuntimeException broken) {
            throw Calls.problem(broken);
        } catch (IOException failed) {
            throw unwritable(target, failed);
        }
    }

    private static ProblemException unwritable(Path target, IOException failed) {
        return new ProblemException(
                Problem.failed(
                        "cannot write " + target + ": " + failed.getMessage(),
                        "check the path and its room"),
                failed);
    }

    private static String digestOf(FileChannel file) throws IOException {
        MessageDigest digest = LocalContent.sha256();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        for (long position = 0; ; ) {
            int read = file.read(buffer, position);
            if (read < 0) {
                return "sha256:" + HexFormat.of().formatHex(digest.digest());
            }
            position += read;
            digest.update(buffer.flip());
            buffer.clear();
        }
    }
}
