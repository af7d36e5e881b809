package io.tlvm.catalog.api;

import com.google.protobuf.Timestamp;

import io.tlvm.catalog.catalog.CatalogRefusal.UrnMalformed;
import io.tlvm.catalog.catalog.CatalogRefused;
import io.tlvm.catalog.catalog.GuestOs;
import io.tlvm.catalog.catalog.ImageVersion;
import io.tlvm.catalog.catalog.Publisher;
import io.tlvm.catalog.catalog.TrustedLaunch;
import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.store.GalleryImage;
import io.tlvm.catalog.store.GalleryImage.Origin;
import io.tlvm.catalog.v1.Image;
import io.tlvm.catalog.v1.ImageSource;
import io.tlvm.catalog.v1.TrustedLaunchSupport;
import io.tlvm.catalog.verification.SigningKey;
import io.tlvm.type.v1.OsType;

import java.time.Instant;
import java.util.function.Supplier;

/** Values of the rooms as messages, and back. */
final class Translate {
    private Translate() {}

    static io.tlvm.catalog.v1.Publisher toProto(Publisher publisher) {
        return io.tlvm.catalog.v1.Publisher.newBuilder()
                .setName(publisher.name())
                .setDisplayName(publisher.displayName())
                .addAllKeyFingerprints(
                        publisher.keys().stream().map(SigningKey::fingerprint).toList())
                .setSeeded(publisher.seeded())
                .setCreateTime(toProto(publisher.createTime()))
                .build();
    }

    static io.tlvm.catalog.v1.ImageVersion toProto(ImageVersion version) {
        var message =
                io.tlvm.catalog.v1.ImageVersion.newBuilder()
                        .setName(version.urn().name())
                        .setUrn(version.urn().toString())
                        .setTitle(version.title())
                        .setOsType(toProto(version.os()))
                        .setTrustedLaunch(
                                switch (version.trustedLaunch()) {
                                    case TrustedLaunch.Supported() ->
                                            TrustedLaunchSupport.TRUSTED_LAUNCH_SUPPORT_SUPPORTED;
                                    case TrustedLaunch.Unsupported(_) ->
                                            TrustedLaunchSupport.TRUSTED_LAUNCH_SUPPORT_UNSUPPORTED;
                                })
                        .setTrustedLaunchReason(reason(version.trustedLaunch()))
                        .setNote(version.note())
                        .setSignedBy(version.signedBy().orElse(""))
                        .setContentAvailable(version.contentReason().isEmpty())
                        .setContentReason(version.contentReason())
                        .setCreateTime(toProto(version.createTime()));
        version.content()
                .ifPresent(
                        content ->
                                message.setDigest(content.digest().text())
                                        .setSizeBytes(content.sizeBytes())
                                        .setFormat(content.format().text()));
        return message.build();
    }

    static Image toProto(GalleryImage image) {
        var message =
                Image.newBuilder()
                        .setName(image.name().toString())
                        .setUid(image.uid().toString())
                        .setDigest(image.content().digest().text())
                        .setSizeBytes(image.content().sizeBytes())
                        .setFormat(image.content().format().text())
                        .setOsType(toProto(image.os()))
                        .setTrustedLaunchSupported(reason(image.trustedLaunch()).isEmpty())
                        .setTrustedLaunchReason(reason(image.trustedLaunch()))
                        .setState(
                                switch (image.state()) {
                                    case CREATING -> Image.State.STATE_CREATING;
                                    case ACTIVE -> Image.State.STATE_ACTIVE;
                                    case FAILED -> Image.State.STATE_FAILED;
                                })
                        .setCreateTime(toProto(image.createTime()))
                        .setEtag(image.etag());
        switch (image.origin()) {
            case Origin.Marketplace(var urn) ->
                    message.setSource(ImageSource.IMAGE_SOURCE_MARKETPLACE).setUrn(urn.toString());
            case Origin.File() -> message.setSource(ImageSource.IMAGE_SOURCE_FILE);
        }
        return message.build();
    }

    static OsType toProto(GuestOs os) {
        return switch (os) {
            case WINDOWS -> OsType.OS_TYPE_WINDOWS;
            case LINUX -> OsType.OS_TYPE_LINUX;
            case UNKNOWN -> OsType.OS_TYPE_UNSPECIFIED;
        };
    }

    static GuestOs toGuestOs(OsType os) {
        return switch (os) {
            case OS_TYPE_WINDOWS -> GuestOs.WINDOWS;
            case OS_TYPE_LINUX -> GuestOs.LINUX;
            case OS_TYPE_UNSPECIFIED, UNRECOGNIZED -> GuestOs.UNKNOWN;
        };
    }

    /**
     * @param field of the request that holds the text
     */
    static Urn toUrn(String field, String text) {
        return orMalformed(field, text, () -> Urn.parse(text));
    }

    /** A full resource name; the contract's pattern admits more than the parts of a URN may be. */
    static Urn toUrnOfName(String field, String name) {
        return orMalformed(
                field,
                name,
                () ->
                        Urn.fromName(name)
                                .orElseThrow(
                                        () ->
                                                new IllegalArgumentException(
                                                        "each part starts with a letter or"
                                                                + " digit")));
    }

    private static Urn orMalformed(String field, String text, Supplier<Urn> parsed) {
        try {
            return parsed.get();
        } catch (IllegalArgumentException e) {
            throw new CatalogRefused(new UrnMalformed(field, text, String.valueOf(e.getMessage())));
        }
    }

    private static String reason(TrustedLaunch trustedLaunch) {
        return switch (trustedLaunch) {
            case TrustedLaunch.Supported() -> "";
            case TrustedLaunch.Unsupported(var why) -> why;
        };
    }

    private static Timestamp toProto(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }
}
