package io.tlvm.catalog.store;

import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;
import io.tlvm.catalog.verification.ImageFormat;

import java.time.Duration;
import java.util.List;

/** Why the image store refuses. */
public sealed interface StoreRefusal {
    record ImageNotFound(ImageName image, List<String> suggestions) implements StoreRefusal {
        public ImageNotFound {
            suggestions = List.copyOf(suggestions);
        }
    }

    record ImageExists(ImageName image) implements StoreRefusal {}

    /**
     * @param operation that makes it
     */
    record ImageBusy(ImageName image, String operation) implements StoreRefusal {}

    record EtagDiffers(String expected, String actual) implements StoreRefusal {}

    record ContentNotFound(ContentDigest digest) implements StoreRefusal {}

    /** The bytes that arrived have another digest; they are gone. */
    record DigestDiffers(ContentDigest expected, ContentDigest actual) implements StoreRefusal {}

    /** The row is pinned to other content. */
    record PinnedOtherwise(Urn urn, Content pinned, Content brought) implements StoreRefusal {}

    /**
     * @param found what the bytes look like
     */
    record FormatRefused(ImageFormat declared, String found, String why) implements StoreRefusal {}

    /** What is in the store no longer has its digest; it was put aside. */
    record ContentDamaged(ContentDigest digest, ContentDigest actual) implements StoreRefusal {}

    /**
     * @param kept offset to go on from, in bytes
     */
    record OffsetDiffers(long asked, long kept) implements StoreRefusal {}

    /** The stream ended before the last byte; what came is kept. */
    record EndedEarly(long kept, long sizeBytes) implements StoreRefusal {}

    record LongerThanDeclared(long sizeBytes) implements StoreRefusal {}

    record TooLarge(long sizeBytes, long maximum) implements StoreRefusal {}

    record StoreFull(long neededBytes, long availableBytes) implements StoreRefusal {}

    /** The same caller uploads the same content on another stream. */
    record UploadInProgress(ContentDigest digest) implements StoreRefusal {}

    record TooManyTransfers(int limit) implements StoreRefusal {}

    /** The other side of a stream did nothing for this long. */
    record PeerIdle(Duration bound) implements StoreRefusal {}

    /** The first message did not open the upload, or a later one did. */
    record OutOfOrder(String why) implements StoreRefusal {}

    /** Only administrators bring content of a marketplace row. */
    record AdministratorsOnly(String permission, String resource) implements StoreRefusal {}

    record RequestIdReused(String requestId) implements StoreRefusal {}
}
