package io.tlvm.catalog.catalog;

import io.tlvm.catalog.verification.SigningKey;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Someone whose images the catalog lists.
 *
 * @param seeded ships with the catalog: its rows are pinned by the first content that an
 *     administrator adds
 * @param keys pinned by an administrator; without one nothing can be published
 */
public record Publisher(
        String id, String displayName, boolean seeded, List<SigningKey> keys, Instant createTime) {
    public Publisher {
        keys = List.copyOf(keys);
    }

    /** The resource name. */
    public String name() {
        return "publishers/" + id;
    }

    /** The pinned key that made the signature over exactly these bytes. */
    public Optional<SigningKey> signerOf(byte[] statement, byte[] signature) {
        return keys.stream().filter(key -> key.verifies(statement, signature)).findFirst();
    }
}
