package io.tlvm.agent.image;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.tlvm.foundation.file.DurableFile;
import io.tlvm.ownership.id.Digest;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Images on this node, by digest. A file gets its name only when its bytes have that digest; what
 * was fetched of one before an interruption is used again.
 */
public final class ImageCache {
    private static final Logger LOG = Logger.getLogger(ImageCache.class);
    private static final int BUFFER = 256 * 1024;
    private static final byte[] VHDX = "vhdxfile".getBytes(StandardCharsets.US_ASCII);

    private final Path directory;
    private final ImageSource source;
    private final VhdxConversion conversion;
    private final Map<Digest, ReentrantLock> fetching = new ConcurrentHashMap<>();

    /**
     * @param directory exists and belongs to the agent
     */
    public ImageCache(Path directory, ImageSource source, VhdxConversion conversion) {
        this.directory = directory;
        this.source = source;
        this.conversion = conversion;
    }

    /**
     * The image as a raw file. Never written again; copy it.
     *
     * @throws IOException when it cannot be had, is another one, or cannot be converted
     */
    public Path raw(Digest image) throws IOException, InterruptedException {
        ReentrantLock lock = fetching.computeIfAbsent(image, any -> new ReentrantLock());
        lock.lockInterruptibly();
        try {
            String name = image.value().substring("sha256:".length());
            Path content = directory.resolve(name);
            if (!Files.isRegularFile(content, LinkOption.NOFOLLOW_LINKS)) {
                fetch(image, content);
            }
            if (!isVhdx(content)) {
                return content;
            }
            Path raw = directory.resolve(name + ".raw");
            if (!Files.isRegularFile(raw, LinkOption.NOFOLLOW_LINKS)) {
                Path fresh = directory.resolve(DurableFile.freshName(name + ".raw"));
                conversion.convert(content, fresh);
                DurableFile.sync(fresh);
                DurableFile.rename(fresh, raw);
            }
            return raw;
        } finally {
            lock.unlock();
        }
    }

    private void fetch(Digest image, Path content) throws IOException {
        Path partial = directory.resolve(content.getFileName() + ".partial");
        MessageDigest digest = sha256();
        try (FileChannel file =
                FileChannel.open(
                        partial,
                        Set.of(CREATE, READ, WRITE, LinkOption.NOFOLLOW_LINKS),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")))) {
            long kept = digestOf(file, digest);
            LOG.infof("image %s is fetched from byte %d on", image, kept);
            source.read(
                    image,
                    kept,
                    bytes -> {
                        digest.update(bytes.duplicate());
                        DurableFile.writeFully(file, bytes);
                    });
            file.force(true);
        }
        String found = "sha256:" + HexFormat.of().formatHex(digest.digest());
        if (!found.equals(image.value())) {
            Files.deleteIfExists(partial);
            throw new ImageMismatch(image, found);
        }
        DurableFile.rename(partial, content);
    }

    /** Feeds what there is of a file to the digest; leaves the file at its end. */
    private static long digestOf(FileChannel file, MessageDigest digest) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        file.position(0);
        while (file.read(buffer.clear()) >= 0) {
            digest.update(buffer.flip());
        }
        return file.position();
    }

    private static boolean isVhdx(Path content) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(VHDX.length);
        try (FileChannel file = FileChannel.open(content, READ, LinkOption.NOFOLLOW_LINKS)) {
            while (head.hasRemaining() && file.read(head) >= 0) {
                // read() moves the buffer
            }
        }
        return !head.hasRemaining() && Arrays.equals(head.array(), VHDX);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java has SHA-256", missing);
        }
    }
}
