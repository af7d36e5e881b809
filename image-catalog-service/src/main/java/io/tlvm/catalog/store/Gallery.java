package io.tlvm.catalog.store;

import io.tlvm.catalog.catalog.GuestOs;
import io.tlvm.catalog.catalog.ImageVersion;
import io.tlvm.catalog.catalog.Inserted;
import io.tlvm.catalog.catalog.Marketplace;
import io.tlvm.catalog.catalog.Page;
import io.tlvm.catalog.catalog.TrustedLaunch;
import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.store.GalleryImage.Origin;
import io.tlvm.catalog.store.GalleryImage.State;
import io.tlvm.catalog.store.StoreRefusal.ContentNotFound;
import io.tlvm.catalog.store.StoreRefusal.EtagDiffers;
import io.tlvm.catalog.store.StoreRefusal.ImageBusy;
import io.tlvm.catalog.store.StoreRefusal.ImageExists;
import io.tlvm.catalog.store.StoreRefusal.ImageNotFound;
import io.tlvm.catalog.store.StoreRefusal.RequestIdReused;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;
import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.request.RepeatableRequest;

import java.io.IOException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The images of projects. Methods block and throw {@link StoreRefused}, or what the marketplace
 * throws.
 */
public final class Gallery {
    private static final String FILE_REASON =
            "an uploaded file belongs to no publisher of the marketplace; Trusted launch takes only"
                    + " images that a publisher published as capable";
    private static final int SUGGESTED_MAX = 3;

    private final Marketplace marketplace;
    private final GalleryRecords images;
    private final StoreRecords contents;
    private final Verification verification;
    private final Shelving shelving;
    private final ImageOperations operations;
    private final InstantSource clock;

    public Gallery(
            Marketplace marketplace,
            GalleryRecords images,
            StoreRecords contents,
            ContentShelf shelf,
            Shelving shelving,
            ImageOperations operations,
            InstantSource clock) {
        this.marketplace = marketplace;
        this.images = images;
        this.contents = contents;
        this.verification = new Verification(shelf, shelving);
        this.shelving = shelving;
        this.operations = operations;
        this.clock = clock;
    }

    /** What an image is to be made of. */
    public sealed interface Source {
        /**
         * @param urn exact, or latest, which is resolved once, now
         */
        record FromMarketplace(Urn urn) implements Source {}

        /** Content that was uploaded. */
        record FromUpload(ContentDigest digest, GuestOs os) implements Source {}
    }

    /** How {@link #create} ended. */
    public sealed interface Created {
        /** It was accepted, or only checked, and this is its operation. */
        record Accepted(OperationRecord operation) implements Created {}

        /** It was accepted before, with this operation. */
        record Before(OperationName operation) implements Created {}
    }

    public Page<GalleryImage> images(String project, Page.Wanted wanted) {
        return images.images(project, wanted);
    }

    public GalleryImage image(ImageName name) {
        return images.image(name).orElseThrow(() -> notFound(name));
    }

    /**
     * Accepts an image; its content is pinned by digest from here on, and verified by the
     * operation.
     *
     * @param checkOnly change nothing, only say whether it would be accepted
     */
    public Created create(
            ImageName name,
            Source source,
            String requester,
            Optional<RepeatableRequest> request,
            boolean checkOnly) {
        // Before anything that may have changed since, such as latest: a repeated request gets the
        // first answer.
        Optional<Inserted> earlier = request.flatMap(images::earlier);
        if (earlier.isPresent()) {
            return created(earlier.get(), name, request, Optional.empty());
        }
        GalleryImage image = draft(name, source);
        if (checkOnly) {
            if (images.image(name).isPresent()) {
                throw new StoreRefused(new ImageExists(name));
            }
            return new Created.Accepted(operations.wouldCreate(image, requester));
        }
        OperationRecord operation = operations.creating(image, requester);
        return created(
                images.insert(image, operation, requester, request),
                name,
                request,
                Optional.of(operation));
    }

    private static Created created(
            Inserted inserted,
            ImageName name,
            Optional<RepeatableRequest> request,
            Optional<OperationRecord> fresh) {
        return switch (inserted) {
            case Inserted.Fresh() -> new Created.Accepted(fresh.orElseThrow());
            case Inserted.Repeated(var operation) ->
                    new Created.Before(OperationName.parse(operation));
            case Inserted.IdReused() ->
                    throw new StoreRefused(new RequestIdReused(request.orElseThrow().id()));
            case Inserted.NameTaken() -> throw new StoreRefused(new ImageExists(name));
        };
    }

    private GalleryImage draft(ImageName name, Source source) {
        return switch (source) {
            case Source.FromMarketplace(var asked) -> {
                ImageVersion version = marketplace.resolveWithContent(asked);
                yield draft(
                        name,
                        new Origin.Marketplace(version.urn()),
                        version.content().orElseThrow(),
                        version.os(),
                        version.trustedLaunch());
            }
            case Source.FromUpload(var digest, var os) ->
                    draft(
                            name,
                            new Origin.File(),
                            contents.content(digest)
                                    .orElseThrow(
                                            () -> new StoreRefused(new ContentNotFound(digest))),
                            os,
                            new TrustedLaunch.Unsupported(FILE_REASON));
        };
    }

    private GalleryImage draft(
            ImageName name,
            Origin origin,
            Content content,
            GuestOs os,
            TrustedLaunch trustedLaunch) {
        return new GalleryImage(
                name,
                UUID.randomUUID(),
                origin,
                content,
                os,
                trustedLaunch,
                State.CREATING,
                OperationName.of(name.project(), ErrorDomain.CATALOG, UUID.randomUUID()).toString(),
                clock.instant().truncatedTo(ChronoUnit.MICROS),
                1);
    }

    /**
     * Does the work of a creation: reads the content once more, because the disk had time to change
     * it since it was brought. May be repeated at any point.
     *
     * @param operation name of the operation that works
     * @return the usable image; empty when the watch ended it, then there is no image any more
     */
    public Optional<GalleryImage> verify(ImageName name, String operation, Verification.Watch watch)
            throws IOException, InterruptedException {
        GalleryImage image =
                images.image(name)
                        .filter(found -> found.operation().equals(operation))
                        .orElseThrow(() -> notFound(name));
        if (image.state() == State.ACTIVE) {
            return Optional.of(image);
        }
        boolean whole;
        try {
            whole = verification.verify(image.content(), watch);
        } catch (StoreRefused refused) {
            images.end(name, image.uid(), State.FAILED);
            throw refused;
        }
        if (!whole) {
            images.abandon(name, image.uid());
            return Optional.empty();
        }
        images.end(name, image.uid(), State.ACTIVE);
        return images.image(name);
    }

    /** Deletes an image. Its content goes when nothing else names it. */
    public OperationRecord delete(ImageName name, String etag, String requester)
            throws IOException {
        GalleryImage image = image(name);
        if (!etag.isEmpty() && !etag.equals(image.etag())) {
            throw new StoreRefused(new EtagDiffers(etag, image.etag()));
        }
        if (image.state() == State.CREATING) {
            throw new StoreRefused(new ImageBusy(name, image.operation()));
        }
        OperationRecord operation = operations.deleted(image, requester);
        if (!images.delete(image, operation)) {
            throw new StoreRefused(new EtagDiffers(image.etag(), "changed meanwhile"));
        }
        shelving.removeUnnamed(image.content().digest());
        return operation;
    }

    private StoreRefused notFound(ImageName name) {
        List<String> there =
                images.images(name.project(), new Page.Wanted(SUGGESTED_MAX, "")).items().stream()
                        .map(image -> image.name().toString())
                        .toList();
        return new StoreRefused(new ImageNotFound(name, there));
    }
}
