package io.tlvm.catalog.catalog;

import io.tlvm.catalog.catalog.Media.NotBrought;
import io.tlvm.catalog.catalog.Media.Pinned;
import io.tlvm.catalog.catalog.Media.Stored;
import io.tlvm.catalog.verification.Content;

import java.time.Instant;
import java.util.Optional;

/**
 * One row of the marketplace. Immutable, but for its media: content arrives once, and a pinned
 * digest never changes.
 *
 * @param urn exact version
 * @param note erratum or remark for people, may be empty
 * @param signedBy fingerprint of the publisher key; empty for rows that ship with the catalog
 */
public record ImageVersion(
        Urn urn,
        String title,
        GuestOs os,
        TrustedLaunch trustedLaunch,
        String note,
        Media media,
        Optional<String> signedBy,
        Instant createTime) {
    public ImageVersion {
        if (urn.isLatest()) {
            throw new IllegalArgumentException("latest is no version of a row");
        }
    }

    /** The digest-pinned content, in the store or not. */
    public Optional<Content> content() {
        return switch (media) {
            case NotBrought() -> Optional.empty();
            case Pinned(var content) -> Optional.of(content);
            case Stored(var content) -> Optional.of(content);
        };
    }

    /** Why the content cannot be used now, with the exact fix; empty when it can. */
    public String contentReason() {
        return switch (media) {
            case NotBrought() -> "no content: bring your own media with '" + fix() + "'";
            case Pinned(var content) ->
                    "no content: the bytes of "
                            + content.digest()
                            + " were not brought yet; add them with '"
                            + fix()
                            + "'";
            case Stored(_) -> "";
        };
    }

    /** The command that brings content. */
    public String fix() {
        return "tlvm image marketplace add-content " + urn + " FILE";
    }
}
