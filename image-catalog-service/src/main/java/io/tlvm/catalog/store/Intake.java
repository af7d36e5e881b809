package io.tlvm.catalog.store;

import io.tlvm.catalog.catalog.ImageVersion;
import io.tlvm.catalog.catalog.Marketplace;
import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.store.StoreRefusal.AdministratorsOnly;
import io.tlvm.catalog.store.StoreRefusal.OffsetDiffers;
import io.tlvm.catalog.store.StoreRefusal.PinnedOtherwise;
import io.tlvm.catalog.store.StoreRefusal.StoreFull;
import io.tlvm.catalog.store.StoreRefusal.TooLarge;
import io.tlvm.catalog.store.StoreRefusal.TooManyTransfers;
import io.tlvm.catalog.store.StoreRefusal.UploadInProgress;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * How content comes in. One upload at a time for a caller and digest; what arrived before a stream
 * broke is kept for {@link #KEPT_FOR}, and nothing is visible to anybody before it is whole and
 * verified.
 */
public final class Intake {
    /** How long an unfinished upload is kept. */
    public static final Duration KEPT_FOR = Duration.ofDays(7);

    private final Marketplace marketplace;
    private final ContentShelf shelf;
    private final StoreRecords records;
    private final Shelving shelving;
    private final InstantSource clock;
    private final Limits limits;
    private final Semaphore slots;
    private final Set<String> running = ConcurrentHashMap.newKeySet();

    /**
     * @param uploadsMax uploads at the same time
     * @param contentBytesMax size of one content
     * @param reserveBytes that stay free on the file system
     */
    public record Limits(int uploadsMax, long contentBytesMax, long reserveBytes) {}

    public Intake(
            Marketplace marketplace,
            ContentShelf shelf,
            StoreRecords records,
            Shelving shelving,
            InstantSource clock,
            Limits limits) {
        this.marketplace = marketplace;
        this.shelf = shelf;
        this.records = records;
        this.shelving = shelving;
        this.clock = clock;
        this.limits = limits;
        this.slots = new Semaphore(limits.uploadsMax());
    }

    /**
     * What a caller wants to bring.
     *
     * @param owner who uploads; its unfinished uploads are its own
     * @param administrator may bring content of a marketplace row
     * @param offset of the first byte that follows
     * @param row of the marketplace that the content is for
     */
    public record Offer(
            String owner, boolean administrator, Content content, long offset, Optional<Urn> row) {}

    /** How far this owner's upload got. */
    public Progress progress(String owner, ContentDigest digest) throws IOException {
        Optional<Content> whole = records.content(digest);
        return whole.isPresent()
                ? new Progress(whole.get().sizeBytes(), true)
                : new Progress(shelf.kept(owner, digest), false);
    }

    /**
     * @param complete the content is in the store and verified
     */
    public record Progress(long keptBytes, boolean complete) {}

    /**
     * Admits an upload, or says why not before a byte is sent. The caller must end it by {@link
     * Upload#finish} or {@link Upload#close}.
     */
    public Upload open(Offer offer) throws IOException {
        offer.row().ifPresent(urn -> requireRow(offer, urn));
        Content content = offer.content();
        if (content.sizeBytes() > limits.contentBytesMax()) {
            throw new StoreRefused(new TooLarge(content.sizeBytes(), limits.contentBytesMax()));
        }
        if (!slots.tryAcquire()) {
            throw new StoreRefused(new TooManyTransfers(limits.uploadsMax()));
        }
        String key = offer.owner() + " " + content.digest();
        if (!running.add(key)) {
            slots.release();
            throw new StoreRefused(new UploadInProgress(content.digest()));
        }
        boolean admitted = false;
        try {
            Upload upload = admit(offer, () -> release(key));
            admitted = true;
            return upload;
        } finally {
            if (!admitted) {
                release(key);
            }
        }
    }

    private Upload admit(Offer offer, Runnable release) throws IOException {
        Content content = offer.content();
        if (records.content(content.digest()).isPresent()) {
            return Upload.ofStored(offer, shelf, shelving, release);
        }
        shelf.sweepPartials(clock.instant().minus(KEPT_FOR));
        long kept = shelf.kept(offer.owner(), content.digest());
        if (offer.offset() != kept) {
            throw new StoreRefused(new OffsetDiffers(offer.offset(), kept));
        }
        long needed = content.sizeBytes() - kept;
        long available = Math.max(0, shelf.available() - limits.reserveBytes());
        if (needed > available) {
            throw new StoreRefused(new StoreFull(needed, available));
        }
        return Upload.receiving(offer, shelf, shelving, release);
    }

    private void requireRow(Offer offer, Urn urn) {
        if (!offer.administrator()) {
            throw new StoreRefused(new AdministratorsOnly("catalog.content.add", urn.name()));
        }
        ImageVersion version = marketplace.version(urn);
        version.content()
                .filter(pinned -> !pinned.equals(offer.content()))
                .ifPresent(
                        pinned -> {
                            throw new StoreRefused(
                                    new PinnedOtherwise(urn, pinned, offer.content()));
                        });
    }

    private void release(String key) {
        running.remove(key);
        slots.release();
    }
}
