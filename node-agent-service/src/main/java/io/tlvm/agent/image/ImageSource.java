package io.tlvm.agent.image;

import io.tlvm.ownership.id.Digest;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where content comes from. */
public interface ImageSource {
    /**
     * Reads content from an offset to its end.
     *
     * @throws IOException when it is not there, the source does not answer, or {@code into} fails
     */
    void read(Digest content, long offset, Sink into) throws IOException;

    /** Takes bytes, in order. */
    interface Sink {
        void take(ByteBuffer bytes) throws IOException;
    }
}
