package io.tlvm.catalog.catalog;

import java.util.List;

/** Why the marketplace refuses. */
public sealed interface CatalogRefusal {
    /**
     * @param field of the request that holds the text
     */
    record UrnMalformed(String field, String text, String why) implements CatalogRefusal {}

    record VersionNotFound(Urn urn, List<Urn> suggestions) implements CatalogRefusal {}

    record VersionExists(Urn urn) implements CatalogRefusal {}

    /** The row is known, its bytes are not here; {@link ImageVersion#fix()} is the way out. */
    record HasNoContent(ImageVersion version) implements CatalogRefusal {}

    record PublisherNotFound(String publisher) implements CatalogRefusal {}

    record PublisherExists(String publisher) implements CatalogRefusal {}

    /** There is no such publisher, or nobody pinned a key to it. */
    record PublisherNotTrusted(String publisher) implements CatalogRefusal {}

    record KeyMalformed(String why) implements CatalogRefusal {}

    /**
     * @param pinned fingerprints of the keys that were tried
     */
    record SignatureInvalid(Urn urn, List<String> pinned) implements CatalogRefusal {
        public SignatureInvalid {
            pinned = List.copyOf(pinned);
        }
    }

    record RequestIdReused(String requestId) implements CatalogRefusal {}
}
