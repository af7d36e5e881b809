package io.tlvm.catalog.store;

import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;

import java.time.Instant;
import java.util.Optional;

/** Durable rows about content. Every method is one transaction and blocks. */
public interface StoreRecords {
    /** Content that is whole on the shelf. */
    Optional<Content> content(ContentDigest digest);

    /**
     * Records content that is whole on the shelf, and pins it to a marketplace row if one is named,
     * in one transaction. The content is recorded also when the row turns out to be pinned to
     * something else: it is verified, and whoever brought it may use it.
     */
    Brought bring(Content content, Optional<Urn> row);

    /** Forgets content; true when nothing named it, so that its bytes may go. */
    boolean forgetUnnamed(ContentDigest digest);

    /** The same for content that nobody brought since {@code then}. */
    boolean forgetUnnamed(ContentDigest digest, Instant then);

    /** Forgets that content is on the shelf, because it was found damaged. What names it stays. */
    void forgetDamaged(ContentDigest digest);

    /** How {@link #bring} ended. */
    sealed interface Brought {
        record Recorded() implements Brought {}

        /** The row is pinned to something else and stays so. */
        record RowPinned(Content pinned) implements Brought {}
    }
}
