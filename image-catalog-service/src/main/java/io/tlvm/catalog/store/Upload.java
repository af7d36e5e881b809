package io.tlvm.catalog.store;

import io.tlvm.catalog.store.ContentShelf.OpenContent;
import io.tlvm.catalog.store.ContentShelf.Partial;
import io.tlvm.catalog.store.Intake.Offer;
import io.tlvm.catalog.store.StoreRecords.Brought;
import io.tlvm.catalog.store.StoreRefusal.ContentNotFound;
import io.tlvm.catalog.store.StoreRefusal.DigestDiffers;
import io.tlvm.catalog.store.StoreRefusal.EndedEarly;
import io.tlvm.catalog.store.StoreRefusal.FormatRefused;
import io.tlvm.catalog.store.StoreRefusal.LongerThanDeclared;
import io.tlvm.catalog.store.StoreRefusal.PinnedOtherwise;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentBytes;
import io.tlvm.catalog.verification.ContentDigest;
import io.tlvm.catalog.verification.FormatCheck;
import io.tlvm.catalog.verification.FormatVerdict;
import io.tlvm.catalog.verification.FormatVerdict.Accepted;
import io.tlvm.catalog.verification.FormatVerdict.Rejected;

import org.jspecify.annotations.Nullable;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * One upload of one caller, on one thread. Digest and format are checked on the way; closing it
 * early keeps what came.
 */
public final class Upload implements Closeable {
    private static final int REHASH_BYTES = 1024 * 1024;

    private final Offer offer;
    private final ContentShelf shelf;
    private final Shelving shelving;
    private final Runnable release;
    private final @Nullable Partial partial; // null: the content is in the store already
    private final MessageDigest digest = Verification.sha256();
    private long received;
    private boolean headJudged;
    private boolean closed;

    private Upload(
            Offer offer,
            ContentShelf shelf,
            Shelving shelving,
            Runnable release,
            @Nullable Partial partial) {
        this.offer = offer;
        this.shelf = shelf;
        this.shelving = shelving;
        this.release = release;
        this.partial = partial;
    }

    /**
     * For content that is there: no byte is needed, {@link #finish} checks what was declared and
     * pins.
     */
    static Upload ofStored(Offer offer, ContentShelf shelf, Shelving shelving, Runnable release) {
        return new Upload(offer, shelf, shelving, release, null);
    }

    static Upload receiving(Offer offer, ContentShelf shelf, Shelving shelving, Runnable release)
            throws IOException {
        Partial partial = shelf.partial(offer.owner(), offer.content());
        var upload = new Upload(offer, shelf, shelving, release, partial);
        boolean ready = false;
        try {
            upload.rehash(partial);
            ready = true;
            return upload;
        } finally {
            if (!ready) {
                partial.close();
            }
        }
    }

    /** True when the store has the content already: no bytes are needed. */
    public boolean alreadyStored() {
        return partial == null;
    }

    /** Takes the next bytes. */
    public void write(ByteBuffer bytes) throws IOException {
        if (partial == null) {
            return; // the digest is known and stored; what is sent in vain is not looked at
        }
        if (bytes.remaining() > offer.content().sizeBytes() - received) {
            partial.discard();
            throw new StoreRefused(new LongerThanDeclared(offer.content().sizeBytes()));
        }
        digest.update(bytes.duplicate());
        received += bytes.remaining();
        partial.append(bytes);
        // As soon as the head is here, so that nobody sends 50 GiB of the wrong format in vain.
        if (!headJudged
                && (received >= FormatCheck.HEAD_BYTES
                        || received == offer.content().sizeBytes())) {
            ByteBuffer head = partial.read(0, FormatCheck.HEAD_BYTES);
            require(
                    FormatCheck.head(offer.content().format(), head, offer.content().sizeBytes()),
                    partial);
            headJudged = true;
        }
    }

    /**
     * Ends the upload: verifies, publishes, records. Only after this can anybody see the content.
     */
    public Content finish() throws IOException {
        Content content = offer.content();
        Brought brought;
        if (partial == null) {
            checkStored(content);
            brought = shelving.pin(content, offer.row());
        } else {
            if (received < content.sizeBytes()) {
                partial.close();
                throw new StoreRefused(new EndedEarly(received, content.sizeBytes()));
            }
            ContentDigest actual = ContentDigest.of(digest.digest());
            if (!actual.equals(content.digest())) {
                partial.discard();
                throw new StoreRefused(new DigestDiffers(content.digest(), actual));
            }
            require(FormatCheck.whole(content.format(), partial), partial);
            brought = shelving.publish(partial, content, offer.row());
        }
        switch (brought) {
            case Brought.Recorded() -> {
                return content;
            }
            case Brought.RowPinned(var pinned) ->
                    throw new StoreRefused(
                            new PinnedOtherwise(offer.row().orElseThrow(), pinned, content));
        }
    }

    /** Keeps what came, for a later resume, and gives the place to the next upload. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (partial != null) {
                partial.close();
            }
        } finally {
            release.run();
        }
    }

    private void checkStored(Content content) throws IOException {
        try (OpenContent stored =
                shelf.open(content.digest())
                        .orElseThrow(
                                () -> new StoreRefused(new ContentNotFound(content.digest())))) {
            if (stored.size() != content.sizeBytes()) {
                throw new StoreRefused(new EndedEarly(stored.size(), content.sizeBytes()));
            }
            require(FormatCheck.whole(content.format(), stored), null);
        }
    }

    private void require(FormatVerdict verdict, @Nullable Partial discarded) throws IOException {
        switch (verdict) {
            case Accepted() -> {}
            case Rejected(var found, var why) -> {
                if (discarded != null) {
                    discarded.discard();
                }
                throw new StoreRefused(new FormatRefused(offer.content().format(), found, why));
            }
        }
    }

    /**
     * The digest of a resumed upload needs the bytes of its first part; they come from the disk,
     * not from a note about them.
     */
    private void rehash(ContentBytes kept) throws IOException {
        long size = kept.size();
        while (received < size) {
            ByteBuffer bytes = kept.read(received, REHASH_BYTES);
            if (!bytes.hasRemaining()) {
                throw new IOException("the partial upload became shorter while it was read");
            }
            received += bytes.remaining();
            digest.update(bytes);
        }
    }
}
