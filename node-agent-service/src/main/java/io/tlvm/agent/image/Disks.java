package io.tlvm.agent.image;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.ownership.id.Digest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * Makes disks: full copies of images, or blank. A disk that exists is somebody's data and is left
 * as it is.
 */
public final class Disks {
    private final ImageCache images;

    /** Disks from cached images. */
    public Disks(ImageCache images) {
        this.images = images;
    }

    /**
     * Makes one disk, whole or not at all.
     *
     * @param file where; its directory exists and belongs to the agent
     * @param image empty for a blank disk
     * @param sizeBytes 0 for the image's own size
     * @param owner the user that the machine runs as
     * @throws IOException when the image cannot be had or is larger, or the medium is full or fails
     */
    public void make(Path file, Optional<Digest> image, long sizeBytes, FileOwner owner)
            throws IOException, InterruptedException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (image.isEmpty() && sizeBytes == 0) {
            throw new IOException("a blank disk needs a size");
        }
        Path fresh = file.resolveSibling(DurableFile.freshName(file.getFileName().toString()));
        Files.deleteIfExists(fresh);
        try (FileChannel disk =
                FileChannel.open(
                        fresh,
                        Set.of(CREATE_NEW, WRITE, LinkOption.NOFOLLOW_LINKS),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")))) {
            if (image.isPresent()) {
                copy(images.raw(image.get()), disk, sizeBytes);
            }
            if (disk.size() < sizeBytes) {
                disk.write(ByteBuffer.wrap(new byte[1]), sizeBytes - 1);
            }
            owner.take(fresh, "rw-------");
            disk.force(true);
        }
        DurableFile.rename(fresh, file);
    }

    /**
     * The JDK copies by copy_file_range(2): a reflink where the file system has them, otherwise
     * inside the kernel.
     */
    private static void copy(Path from, FileChannel disk, long sizeBytes) throws IOException {
        try (FileChannel image = FileChannel.open(from, READ, LinkOption.NOFOLLOW_LINKS)) {
            long size = image.size();
            if (sizeBytes != 0 && sizeBytes < size) {
                throw new IOException(
                        "a disk of %d bytes is smaller than its image of %d"
                                .formatted(sizeBytes, size));
            }
            long done = 0;
            while (done < size) {
                long copied = image.transferTo(done, size - done, disk);
                if (copied <= 0) {
                    throw new IOException("the image became shorter while it was copied");
                }
                done += copied;
            }
        }
    }
}
