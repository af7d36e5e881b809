package io.tlvm.catalog.verification;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Random access to content that is being judged. */
public interface ContentBytes {
    /** Size of all of it, in bytes. */
    long size() throws IOException;

    /**
     * Reads as many bytes as there are, at most {@code length}.
     *
     * @return from position 0 to the limit; shorter than {@code length} only at the end
     */
    ByteBuffer read(long offset, int length) throws IOException;
}
