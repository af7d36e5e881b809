package io.tlvm.catalog.postgres;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tlvm.catalog.catalog.GuestOs;
import io.tlvm.catalog.catalog.TrustedLaunch;
import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.store.GalleryImage;
import io.tlvm.catalog.store.GalleryImage.Origin;
import io.tlvm.catalog.store.ImageName;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;
import io.tlvm.catalog.verification.ImageFormat;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.NullUnmarked;

import java.time.Instant;
import java.util.UUID;

/** Table gallery_image. */
@Entity
@Table(name = "gallery_image")
@NullUnmarked // fields are set by Hibernate
class GalleryImageRow extends PanacheEntityBase {
    @Id String name;

    String project;
    UUID uid;
    String urn;
    String digest;

    @Column(name = "size_bytes")
    long sizeBytes;

    String format;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    GuestOs os;

    @Column(name = "trusted_launch")
    boolean trustedLaunch;

    @Column(name = "trusted_launch_reason")
    String trustedLaunchReason;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    GalleryImage.State state;

    String operation;

    @Column(name = "created_by")
    String createdBy;

    @Column(name = "create_time")
    Instant createTime;

    long revision;

    static GalleryImageRow of(GalleryImage image, String createdBy) {
        var row = new GalleryImageRow();
        row.name = image.name().toString();
        row.project = image.name().project();
        row.uid = image.uid();
        row.urn =
                switch (image.origin()) {
                    case Origin.Marketplace(var urn) -> urn.toString();
                    case Origin.File() -> "";
                };
        row.digest = image.content().digest().text();
        row.sizeBytes = image.content().sizeBytes();
        row.format = image.content().format().text();
        row.os = image.os();
        row.trustedLaunch = image.trustedLaunch() instanceof TrustedLaunch.Supported;
        row.trustedLaunchReason = ImageVersionRow.reason(image.trustedLaunch());
        row.state = image.state();
        row.operation = image.operation();
        row.createdBy = createdBy;
        row.createTime = image.createTime();
        row.revision = image.revision();
        return row;
    }

    GalleryImage toImage() {
        return new GalleryImage(
                ImageName.parse(name),
                uid,
                urn.isEmpty() ? new Origin.File() : new Origin.Marketplace(Urn.parse(urn)),
                new Content(
                        new ContentDigest(digest),
                        sizeBytes,
                        ImageFormat.parse(format).orElseThrow()),
                os,
                ImageVersionRow.trustedLaunch(trustedLaunch, trustedLaunchReason),
                state,
                operation,
                createTime,
                revision);
    }
}
