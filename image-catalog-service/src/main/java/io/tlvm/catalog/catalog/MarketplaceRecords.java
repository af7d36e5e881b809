package io.tlvm.catalog.catalog;

import io.tlvm.catalog.verification.SigningKey;
import io.tlvm.foundation.request.RepeatableRequest;

import java.util.List;
import java.util.Optional;

/**
 * Durable rows of the marketplace. Every method is one transaction and blocks; what it returned is
 * committed.
 */
public interface MarketplaceRecords {
    /** Publishers ordered by id. */
    Page<Publisher> publishers(Page.Wanted wanted);

    Optional<Publisher> publisher(String id);

    /** Inserts a publisher, and remembers the request in the same transaction. */
    Inserted insert(Publisher publisher, String createdBy, Optional<RepeatableRequest> request);

    /**
     * Pins a key to a publisher; false when there is no such publisher. Pinning again changes
     * nothing.
     */
    boolean pin(String publisher, SigningKey key, String addedBy);

    /** Versions ordered by name. */
    Page<ImageVersion> versions(VersionFilter filter, Page.Wanted wanted);

    Optional<ImageVersion> version(Urn exact);

    /** The version strings of one SKU. */
    List<String> versionsOf(String publisher, String offer, String sku);

    /** URNs to suggest from, at most {@code max}. */
    List<Urn> urns(int max);

    /** Inserts a signed version with what proves it; false when the URN is taken. */
    boolean insert(ImageVersion version, byte[] statement, byte[] signature);

    /** The signed bytes of a version; empty for one that ships with the catalog. */
    Optional<byte[]> statementOf(Urn exact);
}
