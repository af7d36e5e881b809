package io.tlvm.catalog.store.disk;

import io.tlvm.catalog.store.ContentShelf.OpenContent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Whole content. Holds the file open, so that what is read is one and the same file whatever
 * happens to its name.
 */
record DiskContent(FileChannel file) implements OpenContent {
    @Override
    public long size() throws IOException {
        return file.size();
    }

    @Override
    public ByteBuffer read(long offset, int length) throws IOException {
        return read(file, offset, length);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    static ByteBuffer read(FileChannel file, long offset, int length) throws IOException {
        int there = (int) Math.clamp(file.size() - offset, 0, length);
        ByteBuffer bytes = ByteBuffer.allocate(there);
        while (bytes.hasRemaining()) {
            if (file.read(bytes, offset + bytes.position()) < 0) {
                break;
            }
        }
        return bytes.flip();
    }
}
