package io.tlvm.catalog.postgres;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tlvm.catalog.catalog.GuestOs;
import io.tlvm.catalog.catalog.ImageVersion;
import io.tlvm.catalog.catalog.Media;
import io.tlvm.catalog.catalog.TrustedLaunch;
import io.tlvm.catalog.catalog.Urn;
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
import java.util.Optional;
import java.util.Set;

/** Table image_version. */
@Entity
@Table(name = "image_version")
@NullUnmarked // fields are set by Hibernate
class ImageVersionRow extends PanacheEntityBase {
    @Id String name;

    String publisher;
    String offer;
    String sku;
    String version;
    String title;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    GuestOs os;

    @Column(name = "trusted_launch")
    boolean trustedLaunch;

    @Column(name = "trusted_launch_reason")
    String trustedLaunchReason;

    String note;
    String digest;

    @Column(name = "size_bytes")
    Long sizeBytes;

    String format;

    @Column(name = "signed_by")
    String signedBy;

    @Column(name = "create_time")
    Instant createTime;

    static ImageVersionRow of(ImageVersion version) {
        Content content = version.content().orElseThrow();
        var row = new ImageVersionRow();
        row.name = version.urn().name();
        row.publisher = version.urn().publisher();
        row.offer = version.urn().offer();
        row.sku = version.urn().sku();
        row.version = version.urn().version();
        row.title = version.title();
        row.os = version.os();
        row.trustedLaunch = version.trustedLaunch() instanceof TrustedLaunch.Supported;
        row.trustedLaunchReason = reason(version.trustedLaunch());
        row.note = version.note();
        row.pin(content);
        row.signedBy = version.signedBy().orElseThrow();
        row.createTime = version.createTime();
        return row;
    }

    void pin(Content content) {
        digest = content.digest().text();
        sizeBytes = content.sizeBytes();
        format = content.format().text();
    }

    Optional<Content> content() {
        return digest == null
                ? Optional.empty()
                : Optional.of(
                        new Content(
                                new ContentDigest(digest),
                                sizeBytes,
                                ImageFormat.parse(format).orElseThrow()));
    }

    /**
     * @param stored digests that are in the store
     */
    ImageVersion toVersion(Set<String> stored) {
        Media media =
                content()
                        .<Media>map(
                                content ->
                                        stored.contains(digest)
                                                ? new Media.Stored(content)
                                                : new Media.Pinned(content))
                        .orElseGet(Media.NotBrought::new);
        return new ImageVersion(
                new Urn(publisher, offer, sku, version),
                title,
                os,
                trustedLaunch(trustedLaunch, trustedLaunchReason),
                note,
                media,
                Optional.ofNullable(signedBy),
                createTime);
    }

    static TrustedLaunch trustedLaunch(boolean supported, String reason) {
        return supported ? new TrustedLaunch.Supported() : new TrustedLaunch.Unsupported(reason);
    }

    static String reason(TrustedLaunch trustedLaunch) {
        return switch (trustedLaunch) {
            case TrustedLaunch.Supported() -> "";
            case TrustedLaunch.Unsupported(var why) -> why;
        };
    }
}
