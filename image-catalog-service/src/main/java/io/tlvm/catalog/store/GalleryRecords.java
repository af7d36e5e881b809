package io.tlvm.catalog.store;

import io.tlvm.catalog.catalog.Inserted;
import io.tlvm.catalog.catalog.Page;
import io.tlvm.catalog.store.GalleryImage.State;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.request.RepeatableRequest;

import java.util.Optional;
import java.util.UUID;

/** Durable rows of gallery images. Every method is one transaction and blocks. */
public interface GalleryRecords {
    /** Images of a project, ordered by name. */
    Page<GalleryImage> images(String project, Page.Wanted wanted);

    Optional<GalleryImage> image(ImageName name);

    /** How a repeatable request ended before; empty when it is new. */
    Optional<Inserted> earlier(RepeatableRequest request);

    /**
     * Inserts an image with the operation that verifies it, and remembers the request with the
     * operation's name, in one transaction.
     *
     * @throws StoreRefused when the content was removed meanwhile
     */
    Inserted insert(
            GalleryImage image,
            OperationRecord operation,
            String createdBy,
            Optional<RepeatableRequest> request);

    /**
     * Moves an image that is CREATING on; another image of the same name, or one that is over it
     * already, is left alone.
     */
    void end(ImageName name, UUID uid, State state);

    /**
     * Deletes this revision and records the finished operation; false when it changed meanwhile.
     */
    boolean delete(GalleryImage image, OperationRecord operation);

    /** Removes an image whose creation was cancelled. */
    void abandon(ImageName name, UUID uid);
}
