package io.tlvm.catalog.store;

import io.tlvm.catalog.store.ContentShelf.OpenContent;
import io.tlvm.catalog.store.StoreRefusal.ContentDamaged;
import io.tlvm.catalog.store.StoreRefusal.ContentNotFound;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Reads stored content again and compares its digest. What differs is put aside at once. */
public final class Verification {
    private static final int READ_BYTES = 1024 * 1024;

    private final ContentShelf shelf;
    private final Shelving shelving;

    Verification(ContentShelf shelf, Shelving shelving) {
        this.shelf = shelf;
        this.shelving = shelving;
    }

    /** Follows a verification. */
    public interface Watch {
        /**
         * Called once per MiB.
         *
         * @return false to end it
         */
        boolean goOn(long doneBytes, long totalBytes) throws InterruptedException;
    }

    /** True when the content is whole, false when the watch ended it. */
    boolean verify(Content content, Watch watch) throws IOException, InterruptedException {
        MessageDigest hash = sha256();
        try (OpenContent stored =
                shelf.open(content.digest())
                        .orElseThrow(
                                () -> new StoreRefused(new ContentNotFound(content.digest())))) {
            long done = 0;
            while (done < content.sizeBytes()) {
                if (!watch.goOn(done, content.sizeBytes())) {
                    return false;
                }
                ByteBuffer bytes = stored.read(done, READ_BYTES);
                if (!bytes.hasRemaining()) {
                    break; // shorter than it was: the digest differs
                }
                done += bytes.remaining();
                hash.update(bytes);
            }
        }
        ContentDigest actual = ContentDigest.of(hash.digest());
        if (!actual.equals(content.digest())) {
            shelving.putAside(content.digest());
            throw new StoreRefused(new ContentDamaged(content.digest(), actual));
        }
        return true;
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
