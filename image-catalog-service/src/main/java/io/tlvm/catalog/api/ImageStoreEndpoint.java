package io.tlvm.catalog.api;

import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_OPERATION_NOT_FOUND;

import com.google.longrunning.Operation;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.tlvm.catalog.store.Gallery;
import io.tlvm.catalog.store.Gallery.Created;
import io.tlvm.catalog.store.Gallery.Source;
import io.tlvm.catalog.store.ImageName;
import io.tlvm.catalog.v1.CreateImageRequest;
import io.tlvm.catalog.v1.DeleteImageRequest;
import io.tlvm.catalog.v1.GetImageRequest;
import io.tlvm.catalog.v1.Image;
import io.tlvm.catalog.v1.ImageStoreService;
import io.tlvm.catalog.v1.ListImagesRequest;
import io.tlvm.catalog.v1.ListImagesResponse;
import io.tlvm.catalog.verification.ContentDigest;
import io.tlvm.foundation.access.Caller;
import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationRoom;
import io.tlvm.foundation.operation.OperationStore;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.foundation.request.RequestFingerprint;

/** tlvm.catalog.v1.ImageStoreService. */
@GrpcService
class ImageStoreEndpoint implements ImageStoreService {
    private static final String PROJECTS = "projects/";

    private final Gallery gallery;
    private final OperationStore operations;
    private final OperationRoom room;
    private final Pages pages;

    ImageStoreEndpoint(
            Gallery gallery, OperationStore operations, OperationRoom room, Pages pages) {
        this.gallery = gallery;
        this.operations = operations;
        this.room = room;
        this.pages = pages;
    }

    @Override
    public Uni<Operation> createImage(CreateImageRequest request) {
        return Answer.of(
                () -> {
                    String caller = Caller.current().uri();
                    Created created =
                            gallery.create(
                                    toName(
                                            "parent",
                                            request.getParent()
                                                    + "/images/"
                                                    + request.getImageId()),
                                    toSource(request),
                                    caller,
                                    RequestIds.of(
                                            caller,
                                            request.getRequestId(),
                                            RequestFingerprint.of(request, "request_id")),
                                    request.getValidateOnly());
                    return switch (created) {
                        case Created.Accepted(var operation) -> {
                            room.wake();
                            yield operation.toProto();
                        }
                        case Created.Before(var operation) -> stored(operation);
                    };
                });
    }

    @Override
    public Uni<Image> getImage(GetImageRequest request) {
        return Answer.of(() -> Translate.toProto(gallery.image(toName("name", request.getName()))));
    }

    @Override
    public Uni<ListImagesResponse> listImages(ListImagesRequest request) {
        return Answer.of(
                () -> {
                    var page =
                            gallery.images(
                                    request.getParent().substring(PROJECTS.length()),
                                    pages.wanted(
                                            request.getPageSize(),
                                            request.getPageToken(),
                                            request));
                    return ListImagesResponse.newBuilder()
                            .addAllImages(page.items().stream().map(Translate::toProto).toList())
                            .setNextPageToken(pages.next(page, request))
                            .build();
                });
    }

    @Override
    public Uni<Operation> deleteImage(DeleteImageRequest request) {
        return Answer.of(
                () ->
                        gallery.delete(
                                        toName("name", request.getName()),
                                        request.getEtag(),
                                        Caller.current().uri())
                                .toProto());
    }

    private Operation stored(OperationName name) {
        return operations
                .find(name)
                .orElseThrow(
                        () ->
                                Refusal.of(ERROR_REASON_OPERATION_NOT_FOUND, ErrorDomain.CATALOG)
                                        .what(
                                                "the request was accepted before, and its operation"
                                                        + " %s was deleted since",
                                                name)
                                        .fix("look at the image itself")
                                        .resource(
                                                "longrunning.googleapis.com/Operation",
                                                name.toString())
                                        .asException())
                .toProto();
    }

    private static Source toSource(CreateImageRequest request) {
        return switch (request.getSourceCase()) {
            case URN -> new Source.FromMarketplace(Translate.toUrn("urn", request.getUrn()));
            case UPLOADED_DIGEST ->
                    new Source.FromUpload(
                            new ContentDigest(request.getUploadedDigest()),
                            Translate.toGuestOs(request.getOsType()));
            case SOURCE_NOT_SET ->
                    throw Refusals.invalid("source", "oneof.required", "exactly one is required")
                            .asException();
        };
    }

    private static ImageName toName(String field, String name) {
        try {
            return ImageName.parse(name);
        } catch (IllegalArgumentException e) {
            throw Refusals.invalid(field, "image.name", String.valueOf(e.getMessage()))
                    .asException();
        }
    }
}
