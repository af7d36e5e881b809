package io.tlvm.catalog.postgres;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;
import io.tlvm.catalog.verification.ImageFormat;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.jspecify.annotations.NullUnmarked;

/** Table stored_content. */
@Entity
@Table(name = "stored_content")
@NullUnmarked // fields are set by Hibernate
class StoredContentRow extends PanacheEntityBase {
    @Id String digest;

    @Column(name = "size_bytes")
    long sizeBytes;

    String format;

    Content content() {
        return new Content(
                new ContentDigest(digest), sizeBytes, ImageFormat.parse(format).orElseThrow());
    }
}
