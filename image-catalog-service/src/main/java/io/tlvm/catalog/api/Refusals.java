package io.tlvm.catalog.api;

import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_ALREADY_EXISTS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_ETAG_MISMATCH;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_DIGEST_MISMATCH;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_FORMAT_REFUSED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_HAS_NO_CONTENT;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_QUARANTINED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_SIGNATURE_INVALID;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_OPERATION_IN_PROGRESS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_PERMISSION_DENIED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_PUBLISHER_NOT_TRUSTED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_REQUEST_ID_REUSED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_RESOURCE_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_STORAGE_FULL;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_TIMED_OUT;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_TOO_MANY_REQUESTS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_VALIDATION_FAILED;

import io.tlvm.catalog.catalog.CatalogRefusal;
import io.tlvm.catalog.catalog.Urn;
import io.tlvm.catalog.store.StoreRefusal;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;

import java.util.List;
import java.util.stream.Collectors;

/** The one place that turns refusals of the rooms into what travels. */
final class Refusals {
    private static final String IMAGE_VERSION = "catalog.tlvm.io/ImageVersion";
    private static final String PUBLISHER = "catalog.tlvm.io/Publisher";
    private static final String IMAGE = "catalog.tlvm.io/Image";
    private static final String CONTENT = "catalog.tlvm.io/Content";
    private static final long MIB = 1024 * 1024;

    private Refusals() {}

    static Refusal of(CatalogRefusal refusal) {
        return switch (refusal) {
            case CatalogRefusal.UrnMalformed(var field, var text, var why) ->
                    invalid(field, "urn.shape", why)
                            .what("'%s' is not an image URN: %s", text, why);
            case CatalogRefusal.VersionNotFound(var urn, var suggestions) ->
                    because(ERROR_REASON_IMAGE_NOT_FOUND)
                            .what("image %s is not in the catalog", urn)
                            .fix(
                                    "%s",
                                    suggestions.isEmpty()
                                            ? "list what there is with: tlvm image marketplace list"
                                            : "did you mean "
                                                    + joined(suggestions)
                                                    + "? List all with: tlvm image marketplace"
                                                    + " list")
                            .resource(IMAGE_VERSION, urn.name())
                            .with("suggestions", joined(suggestions));
            case CatalogRefusal.VersionExists(var urn) ->
                    because(ERROR_REASON_ALREADY_EXISTS)
                            .what(
                                    "image %s exists with another statement; versions are"
                                            + " immutable",
                                    urn)
                            .fix("publish the change under a new version")
                            .resource(IMAGE_VERSION, urn.name());
            case CatalogRefusal.HasNoContent(var version) ->
                    because(ERROR_REASON_IMAGE_HAS_NO_CONTENT)
                            .what("image %s has %s", version.urn(), version.contentReason())
                            .fix("%s", version.fix())
                            .precondition(
                                    "IMAGE_HAS_NO_CONTENT",
                                    version.urn().name(),
                                    version.contentReason())
                            .with("image", version.urn().name())
                            .with("urn", version.urn())
                            .with("fix", version.fix());
            case CatalogRefusal.PublisherNotFound(var publisher) ->
                    because(ERROR_REASON_RESOURCE_NOT_FOUND)
                            .what("publisher %s does not exist", publisher)
                            .fix("list publishers with: tlvm image marketplace publishers")
                            .resource(PUBLISHER, "publishers/" + publisher);
            case CatalogRefusal.PublisherExists(var publisher) ->
                    because(ERROR_REASON_ALREADY_EXISTS)
                            .what("publisher %s exists", publisher)
                            .resource(PUBLISHER, "publishers/" + publisher);
            case CatalogRefusal.PublisherNotTrusted(var publisher) ->
                    because(ERROR_REASON_PUBLISHER_NOT_TRUSTED)
                            .what("publisher %s has no pinned signing key", publisher)
                            .fix(
                                    "an administrator adds it with: tlvm image publisher create %s",
                                    publisher)
                            .with("publisher", publisher);
            case CatalogRefusal.KeyMalformed(var why) ->
                    invalid("public_key_pem", "key.p256", why)
                            .what("the key cannot be pinned: %s", why)
                            .fix(
                                    "send the PEM SubjectPublicKeyInfo of an EC P-256 key (openssl"
                                            + " ec -in KEY -pubout)");
            case CatalogRefusal.SignatureInvalid(var urn, var pinned) ->
                    because(ERROR_REASON_IMAGE_SIGNATURE_INVALID)
                            .what(
                                    "no pinned key of publisher %s made the signature of %s",
                                    urn.publisher(), urn)
                            .fix(
                                    "sign exactly the bytes of the statement with a pinned key, or"
                                            + " let an administrator pin the key after checking it")
                            .with("expected", String.join(",", pinned))
                            .with("actual", "none of them")
                            .with("source", urn);
            case CatalogRefusal.RequestIdReused(var id) -> reused(id);
        };
    }

    static Refusal of(StoreRefusal refusal) {
        return switch (refusal) {
            case StoreRefusal.ImageNotFound(var image, var suggestions) ->
                    because(ERROR_REASON_IMAGE_NOT_FOUND)
                            .what("image %s does not exist", image)
                            .resource(IMAGE, image.toString())
                            .with("suggestions", String.join(",", suggestions));
            case StoreRefusal.ImageExists(var image) ->
                    because(ERROR_REASON_ALREADY_EXISTS)
                            .what("image %s exists", image)
                            .resource(IMAGE, image.toString());
            case StoreRefusal.ImageBusy(var image, var operation) ->
                    because(ERROR_REASON_OPERATION_IN_PROGRESS)
                            .what("image %s is still being made by %s", image, operation)
                            .with("operation", operation)
                            .with("operationType", "CreateImage");
            case StoreRefusal.EtagDiffers(var expected, var actual) ->
                    because(ERROR_REASON_ETAG_MISMATCH)
                            .what("the image has etag %s, not %s", actual, expected)
                            .with("expected", expected)
                            .with("actual", actual);
            case StoreRefusal.ContentNotFound(var digest) ->
                    because(ERROR_REASON_RESOURCE_NOT_FOUND)
                            .what("content %s is not in the store", digest)
                            .fix("upload it first")
                            .resource(CONTENT, digest.text());
            case StoreRefusal.DigestDiffers(var expected, var actual) ->
                    because(ERROR_REASON_IMAGE_DIGEST_MISMATCH)
                            .what(
                                    "the uploaded bytes have digest %s, not %s; they were"
                                            + " discarded",
                                    actual, expected)
                            .with("expected", expected)
                            .with("actual", actual)
                            .with("source", "upload");
            case StoreRefusal.PinnedOtherwise(var urn, var pinned, var brought) ->
                    because(ERROR_REASON_IMAGE_DIGEST_MISMATCH)
                            .what(
                                    "image %s is pinned to %s (%d bytes, %s), not to %s (%d bytes,"
                                            + " %s)",
                                    urn,
                                    pinned.digest(),
                                    pinned.sizeBytes(),
                                    pinned.format().text(),
                                    brought.digest(),
                                    brought.sizeBytes(),
                                    brought.format().text())
                            .with("expected", pinned.digest())
                            .with("actual", brought.digest())
                            .with("source", urn);
            case StoreRefusal.FormatRefused(var declared, var found, var why) ->
                    because(ERROR_REASON_IMAGE_FORMAT_REFUSED)
                            .what(
                                    "the content was declared %s and is refused: %s",
                                    declared.text(), why)
                            .fix(
                                    "convert it to a plain %s file where it comes from (qemu-img"
                                            + " convert), and upload that",
                                    declared.text())
                            .with("source", "upload")
                            .with("format", found)
                            .with("reason", why);
            case StoreRefusal.ContentDamaged(var digest, var actual) ->
                    because(ERROR_REASON_IMAGE_QUARANTINED)
                            .what(
                                    "the stored content %s has become %s and was put aside",
                                    digest, actual)
                            .fix(
                                    "bring the content again, and find out what changed the disk of"
                                            + " the image store")
                            .with("image", digest)
                            .with("reason", "digest is " + actual);
            case StoreRefusal.OffsetDiffers(var asked, var kept) ->
                    invalid(
                                    "open.offset_bytes",
                                    "upload.offset",
                                    kept + " bytes are kept; go on from there")
                            .what("the upload goes on at offset %d, not %d", kept, asked);
            case StoreRefusal.EndedEarly(var kept, var size) ->
                    invalid("chunk", "upload.short", kept + " of " + size + " bytes came")
                            .what("the upload ended after %d of %d bytes", kept, size)
                            .fix("open it again with offset_bytes=%d and send the rest", kept);
            case StoreRefusal.LongerThanDeclared(var size) ->
                    invalid(
                                    "chunk",
                                    "upload.long",
                                    "more than the declared " + size + " bytes came")
                            .what(
                                    "more bytes came than the declared %d; they were discarded",
                                    size);
            case StoreRefusal.TooLarge(var size, var maximum) ->
                    invalid("open.size_bytes", "upload.size", "at most " + maximum + " bytes")
                            .what(
                                    "content of %d bytes is larger than the store accepts (%d)",
                                    size, maximum)
                            .fix(
                                    "raise tlvm.catalog.store.content-size-max, if the content"
                                            + " really is that large");
            case StoreRefusal.StoreFull(var needed, var available) ->
                    because(ERROR_REASON_STORAGE_FULL)
                            .what(
                                    "the image store needs %d MiB and has %d MiB",
                                    needed / MIB, available / MIB)
                            .fix(
                                    "delete images that are not needed, or give the store a larger"
                                            + " file system")
                            .with("storagePath", "image-store")
                            .with("neededMib", needed / MIB)
                            .with("availableMib", available / MIB);
            case StoreRefusal.UploadInProgress(var digest) ->
                    because(ERROR_REASON_OPERATION_IN_PROGRESS)
                            .what("you are uploading %s on another stream", digest)
                            .fix("wait for that stream or end it, then resume")
                            .with("operation", "")
                            .with("operationType", "UploadContent");
            case StoreRefusal.TooManyTransfers(var limit) ->
                    because(ERROR_REASON_TOO_MANY_REQUESTS)
                            .what("%d transfers run, more are not allowed at once", limit)
                            .with("limit", limit);
            case StoreRefusal.PeerIdle(var bound) ->
                    because(ERROR_REASON_TIMED_OUT)
                            .what(
                                    "the other side of the stream did nothing for %d s",
                                    bound.toSeconds())
                            .fix("resume where it stopped")
                            .with("timeout", bound.toSeconds() + "s");
            case StoreRefusal.OutOfOrder(var why) ->
                    invalid("part", "upload.order", why).what("%s", why);
            case StoreRefusal.AdministratorsOnly(var permission, var resource) ->
                    because(ERROR_REASON_PERMISSION_DENIED)
                            .what("only administrators bring the content of %s", resource)
                            .fix("ask an administrator, or upload without a URN as a plain file")
                            .with("permission", permission)
                            .with("resource", resource);
            case StoreRefusal.RequestIdReused(var id) -> reused(id);
        };
    }

    /** A field that breaks a rule which the contract cannot express. */
    static Refusal invalid(String field, String rule, String description) {
        return because(ERROR_REASON_VALIDATION_FAILED)
                .what("%s: %s", field, description)
                .violation(field, rule, description);
    }

    private static Refusal reused(String requestId) {
        return because(ERROR_REASON_REQUEST_ID_REUSED)
                .what("request_id %s was used with another request", requestId)
                .violation("request_id", "request_id.reused", "was used with another request")
                .with("requestId", requestId);
    }

    private static Refusal because(ErrorReason reason) {
        return Refusal.of(reason, ErrorDomain.CATALOG);
    }

    private static String joined(List<Urn> urns) {
        return urns.stream().map(Urn::toString).collect(Collectors.joining(","));
    }
}
