package io.tlvm.catalog.store.disk;

import static java.util.Objects.requireNonNull;

import io.tlvm.catalog.store.ContentShelf.Partial;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A file that grows at its end until it gets its final name. */
final class DiskPartial implements Partial {
    private final FileChannel file;
    private final Path path;
    private final Path finalPath;

    DiskPartial(FileChannel file, Path path, Path finalPath) throws IOException {
        this.file = file.position(file.size());
        this.path = path;
        this.finalPath = finalPath;
    }

    @Override
    public long size() throws IOException {
        return file.size();
    }

    @Override
    public ByteBuffer read(long offset, int length) throws IOException {
        return DiskContent.read(file, offset, length);
    }

    @Override
    public void append(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    @Override
    public void publish() throws IOException {
        file.force(true);
        Files.move(path, finalPath, StandardCopyOption.ATOMIC_MOVE);
        DiskShelf.sync(requireNonNull(finalPath.getParent()));
        DiskShelf.sync(requireNonNull(path.getParent()));
        file.close();
    }

    @Override
    public void discard() throws IOException {
        Files.deleteIfExists(path);
        file.close();
    }

    @Override
    public void close() throws IOException {
        if (file.isOpen()) {
            file.force(true);
            file.close();
        }
    }
}
