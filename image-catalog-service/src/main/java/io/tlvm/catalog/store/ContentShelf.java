package io.tlvm.catalog.store;

import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentBytes;
import io.tlvm.catalog.verification.ContentDigest;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Where content lies, named by its digest. What {@link #open} gives was whole and verified when it
 * was published, and stays readable to the end even if it is removed meanwhile.
 */
public interface ContentShelf extends Closeable {
    /** The content, to be closed by the caller; empty when it is not there. */
    Optional<OpenContent> open(ContentDigest digest) throws IOException;

    /** Bytes that are durably kept of an upload that did not end. 0 when there is none. */
    long kept(String owner, ContentDigest digest) throws IOException;

    /**
     * Opens the unfinished upload of this owner, or a new one. There is one at a time for an owner
     * and digest; partial bytes of different owners never meet, so that nobody can spoil the upload
     * of another.
     */
    Partial partial(String owner, Content declared) throws IOException;

    /** Bytes that may still be written. */
    long available() throws IOException;

    /** Removes content that nothing names any more. Removing what is not there does nothing. */
    void remove(ContentDigest digest) throws IOException;

    /**
     * Content that lies here since before {@code then}; what comes or goes meanwhile may be missed.
     */
    List<ContentDigest> restingSince(Instant then) throws IOException;

    /** Puts damaged content aside, where an investigation finds it and {@link #open} does not. */
    void quarantine(ContentDigest digest) throws IOException;

    /** Removes partial uploads that nobody touched since. */
    void sweepPartials(Instant untouchedSince) throws IOException;

    /** Content that is open for reading. */
    interface OpenContent extends ContentBytes, Closeable {}

    /**
     * An upload that did not end yet. Closing it without {@link #publish} or {@link #discard} keeps
     * what came.
     */
    interface Partial extends ContentBytes, Closeable {
        void append(ByteBuffer bytes) throws IOException;

        /** Gives it its final name, durably. The caller has verified it. */
        void publish() throws IOException;

        void discard() throws IOException;

        /** Syncs what came and closes. */
        @Override
        void close() throws IOException;
    }
}
