package io.tlvm.catalog.store.disk;

import io.tlvm.catalog.store.ContentShelf;
import io.tlvm.catalog.store.StoreRefusal.UploadInProgress;
import io.tlvm.catalog.store.StoreRefused;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A directory with {@code sha256/<hex>} (whole, read-only), {@code uploads/<owner>-<hex>} (partial)
 * and {@code quarantine/}. All names are made of hex digits. One process at a time has it, by a
 * lock on {@code lock}.
 */
public final class DiskShelf implements ContentShelf {
    static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path root;
    private final Path whole;
    private final Path uploads;
    private final Path quarantine;
    private final InstantSource clock;
    private final FileChannel lockFile;

    private DiskShelf(Path root, InstantSource clock, FileChannel lockFile) {
        this.root = root;
        this.whole = root.resolve("sha256");
        this.uploads = root.resolve("uploads");
        this.quarantine = root.resolve("quarantine");
        this.clock = clock;
        this.lockFile = lockFile;
    }

    /**
     * Takes the directory, making what is missing.
     *
     * @throws IOException also when another process has it
     */
    public static DiskShelf in(Path root, InstantSource clock) throws IOException {
        Files.createDirectories(root, PRIVATE_DIRECTORY);
        FileChannel lockFile =
                FileChannel.open(
                        root.resolve("lock"),
                        Set.of(
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE,
                                LinkOption.NOFOLLOW_LINKS),
                        PRIVATE_FILE);
        if (!locked(lockFile)) {
            lockFile.close();
            throw new IOException("another process uses the image store " + root);
        }
        var shelf = new DiskShelf(root, clock, lockFile);
        for (Path directory : new Path[] {shelf.whole, shelf.uploads, shelf.quarantine}) {
            Files.createDirectories(directory, PRIVATE_DIRECTORY);
        }
        sync(root);
        return shelf;
    }

    private static boolean locked(FileChannel file) throws IOException {
        try {
            FileLock lock = file.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // held by this very process
        }
    }

    @Override
    public Optional<OpenContent> open(ContentDigest digest) throws IOException {
        try {
            return Optional.of(
                    new DiskContent(
                            FileChannel.open(
                                    wholePath(digest),
                                    StandardOpenOption.READ,
                                    LinkOption.NOFOLLOW_LINKS)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public long kept(String owner, ContentDigest digest) throws IOException {
        try (FileChannel file =
                FileChannel.open(
                        partialPath(owner, digest),
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS)) {
            file.force(true); // what is promised as kept is on the disk
            return file.size();
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    @Override
    public Partial partial(String owner, Content declared) throws IOException {
        Path path = partialPath(owner, declared.digest());
        FileChannel file =
                FileChannel.open(
                        path,
                        Set.of(
                                StandardOpenOption.CREATE,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE,
                                LinkOption.NOFOLLOW_LINKS),
                        PRIVATE_FILE);
        if (!locked(file)) {
            file.close();
            throw new StoreRefused(new UploadInProgress(declared.digest()));
        }
        sync(uploads);
        return new DiskPartial(file, path, wholePath(declared.digest()));
    }

    @Override
    public long available() throws IOException {
        return Files.getFileStore(root).getUsableSpace();
    }

    @Override
    public void remove(ContentDigest digest) throws IOException {
        Files.deleteIfExists(wholePath(digest));
        sync(whole);
    }

    @Override
    public void quarantine(ContentDigest digest) throws IOException {
        Path aside = quarantine.resolve(digest.hex() + "-" + clock.millis());
        try {
            Files.move(wholePath(digest), aside, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return; // somebody else was faster
        }
        sync(quarantine);
        sync(whole);
    }

    @Override
    public List<ContentDigest> restingSince(Instant then) throws IOException {
        List<ContentDigest> resting = new ArrayList<>();
        try (DirectoryStream<Path> contents = Files.newDirectoryStream(whole)) {
            for (Path content : contents) {
                if (Files.getLastModifiedTime(content, LinkOption.NOFOLLOW_LINKS)
                        .toInstant()
                        .isBefore(then)) {
                    resting.add(new ContentDigest("sha256:" + content.getFileName()));
                }
            }
        } catch (NoSuchFileException e) {
            return resting; // removed while the directory was listed; the next look sees the rest
        }
        return resting;
    }

    @Override
    public void sweepPartials(Instant untouchedSince) throws IOException {
        try (DirectoryStream<Path> partials = Files.newDirectoryStream(uploads)) {
            for (Path partial : partials) {
                if (Files.getLastModifiedTime(partial, LinkOption.NOFOLLOW_LINKS)
                        .toInstant()
                        .isBefore(untouchedSince)) {
                    Files.deleteIfExists(partial);
                }
            }
        } catch (NoSuchFileException e) {
            return; // an upload ended while the directory was listed; the next sweep sees the rest
        }
    }

    /** Lets another process have the directory. */
    @Override
    public void close() throws IOException {
        lockFile.close();
    }

    private Path wholePath(ContentDigest digest) {
        return whole.resolve(digest.hex());
    }

    private Path partialPath(String owner, ContentDigest digest) {
        return uploads.resolve(ownerHash(owner) + "-" + digest.hex());
    }

    private static String ownerHash(String owner) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(owner.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** A rename or a new name is durable only when its directory is synced (fsync(2)). */
    static void sync(Path directory) throws IOException {
        try (FileChannel opened = FileChannel.open(directory, StandardOpenOption.READ)) {
            opened.force(true);
        }
    }
}
