package io.tlvm.catalog.catalog;

import io.tlvm.catalog.verification.Content;

/** What is known of the bytes of an image version. */
public sealed interface Media {
    /**
     * Nobody has brought media, and no digest is known: the first content that an administrator
     * adds pins it.
     */
    record NotBrought() implements Media {}

    /** The digest is pinned, the bytes are not in the store. */
    record Pinned(Content content) implements Media {}

    /** The pinned bytes are in the store. */
    record Stored(Content content) implements Media {}
}
