package io.tlvm.catalog.store;

import io.tlvm.foundation.operation.OperationRecord;

/** Writes the operations of images; what they say to clients is the edge's matter. */
public interface ImageOperations {
    /**
     * An operation that nobody has worked on, for an image that is to be verified. It has the name
     * that the image names.
     */
    OperationRecord creating(GalleryImage image, String requester);

    /** The end of a request that only asked whether it would work (AIP-163); never stored. */
    OperationRecord wouldCreate(GalleryImage image, String requester);

    /** A finished deletion. */
    OperationRecord deleted(GalleryImage image, String requester);
}
