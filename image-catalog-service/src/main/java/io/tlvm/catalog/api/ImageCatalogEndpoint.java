package io.tlvm.catalog.api;

import com.google.protobuf.InvalidProtocolBufferException;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.tlvm.catalog.catalog.Marketplace;
import io.tlvm.catalog.catalog.Page;
import io.tlvm.catalog.catalog.Statement;
import io.tlvm.catalog.catalog.TrustedLaunch;
import io.tlvm.catalog.catalog.VersionFilter;
import io.tlvm.catalog.v1.AddPublisherKeyRequest;
import io.tlvm.catalog.v1.CreateImageVersionRequest;
import io.tlvm.catalog.v1.CreatePublisherRequest;
import io.tlvm.catalog.v1.GetImageVersionRequest;
import io.tlvm.catalog.v1.ImageCatalogService;
import io.tlvm.catalog.v1.ImageVersion;
import io.tlvm.catalog.v1.ListImageVersionsRequest;
import io.tlvm.catalog.v1.ListImageVersionsResponse;
import io.tlvm.catalog.v1.ListPublishersRequest;
import io.tlvm.catalog.v1.ListPublishersResponse;
import io.tlvm.catalog.v1.Publisher;
import io.tlvm.catalog.v1.ResolveImageRequest;
import io.tlvm.catalog.v1.ResolveImageResponse;
import io.tlvm.catalog.v1.SignedImageStatement;
import io.tlvm.catalog.verification.Content;
import io.tlvm.catalog.verification.ContentDigest;
import io.tlvm.catalog.verification.ImageFormat;
import io.tlvm.foundation.access.Caller;
import io.tlvm.foundation.request.RequestFingerprint;
import io.tlvm.foundation.request.RequestRules;

import jakarta.inject.Provider;

import java.util.Optional;

/** tlvm.catalog.v1.ImageCatalogService. */
@GrpcService
class ImageCatalogEndpoint implements ImageCatalogService {
    private static final String PUBLISHERS = "publishers/";
    private static final String WILDCARD = "-";

    private final Marketplace marketplace;
    private final Pages pages;
    private final Provider<RequestRules> rules;

    /**
     * The rules come by a provider, because they are made of all registered services, this one
     * included.
     */
    ImageCatalogEndpoint(Marketplace marketplace, Pages pages, Provider<RequestRules> rules) {
        this.marketplace = marketplace;
        this.pages = pages;
        this.rules = rules;
    }

    @Override
    public Uni<ListPublishersResponse> listPublishers(ListPublishersRequest request) {
        return Answer.of(
                () -> {
                    var page =
                            marketplace.publishers(
                                    pages.wanted(
                                            request.getPageSize(),
                                            request.getPageToken(),
                                            request));
                    return ListPublishersResponse.newBuilder()
                            .addAllPublishers(
                                    page.items().stream().map(Translate::toProto).toList())
                            .setNextPageToken(pages.next(page, request))
                            .build();
                });
    }

    @Override
    public Uni<Publisher> createPublisher(CreatePublisherRequest request) {
        return Answer.of(
                () -> {
                    String caller = Caller.current().uri();
                    return Translate.toProto(
                            marketplace.createPublisher(
                                    request.getPublisherId(),
                                    request.getPublisher().getDisplayName(),
                                    caller,
                                    RequestIds.of(
                                            caller,
                                            request.getRequestId(),
                                            RequestFingerprint.of(request, "request_id"))));
                });
    }

    @Override
    public Uni<Publisher> addPublisherKey(AddPublisherKeyRequest request) {
        return Answer.of(
                () ->
                        Translate.toProto(
                                marketplace.pinKey(
                                        request.getPublisher().substring(PUBLISHERS.length()),
                                        request.getPublicKeyPem(),
                                        Caller.current().uri())));
    }

    @Override
    public Uni<ListImageVersionsResponse> listImageVersions(ListImageVersionsRequest request) {
        return Answer.of(
                () -> {
                    Page.Wanted wanted =
                            pages.wanted(request.getPageSize(), request.getPageToken(), request);
                    var page = marketplace.versions(filter(request), wanted);
                    return ListImageVersionsResponse.newBuilder()
                            .addAllImageVersions(
                                    page.items().stream().map(Translate::toProto).toList())
                            .setNextPageToken(pages.next(page, request))
                            .build();
                });
    }

    @Override
    public Uni<ImageVersion> getImageVersion(GetImageVersionRequest request) {
        return Answer.of(
                () ->
                        Translate.toProto(
                                marketplace.version(
                                        Translate.toUrnOfName("name", request.getName()))));
    }

    @Override
    public Uni<ImageVersion> createImageVersion(CreateImageVersionRequest request) {
        return Answer.of(
                () ->
                        Translate.toProto(
                                marketplace.publish(
                                        toStatement(request),
                                        request.getStatement().toByteArray(),
                                        request.getSignature().toByteArray())));
    }

    @Override
    public Uni<ResolveImageResponse> resolveImage(ResolveImageRequest request) {
        return Answer.of(
                () ->
                        ResolveImageResponse.newBuilder()
                                .setImageVersion(
                                        Translate.toProto(
                                                marketplace.resolve(
                                                        Translate.toUrn("urn", request.getUrn()))))
                                .build());
    }

    private static VersionFilter filter(ListImageVersionsRequest request) {
        String[] segments =
                request.getParent()
                        .split("/", -1); // the contract's pattern: publishers/…/offers/…/skus/…
        return new VersionFilter(
                segment(segments[1]),
                segment(segments[3]),
                segment(segments[5]),
                switch (request.getTrustedLaunch()) {
                    case TRUSTED_LAUNCH_SUPPORT_SUPPORTED -> Optional.of(true);
                    case TRUSTED_LAUNCH_SUPPORT_UNSUPPORTED -> Optional.of(false);
                    case TRUSTED_LAUNCH_SUPPORT_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
                });
    }

    private static Optional<String> segment(String text) {
        return text.equals(WILDCARD) ? Optional.empty() : Optional.of(text);
    }

    private Statement toStatement(CreateImageVersionRequest request) {
        SignedImageStatement statement;
        try {
            statement = SignedImageStatement.parseFrom(request.getStatement());
        } catch (InvalidProtocolBufferException damaged) {
            throw Refusals.invalid(
                            "statement", "statement.parse", "is no serialized SignedImageStatement")
                    .asException();
        }
        rules.get()
                .check(statement)
                .ifPresent(
                        refusal -> {
                            throw refusal;
                        });
        boolean capable = statement.getTrustedLaunchCapable();
        if (capable != statement.getTrustedLaunchReason().isBlank()) {
            throw Refusals.invalid(
                            "trusted_launch_reason",
                            "statement.reason",
                            "is required when the image is not capable, and empty when it is")
                    .asException();
        }
        return new Statement(
                Translate.toUrn("urn", statement.getUrn()),
                statement.getTitle(),
                Translate.toGuestOs(statement.getOsType()),
                capable
                        ? new TrustedLaunch.Supported()
                        : new TrustedLaunch.Unsupported(statement.getTrustedLaunchReason()),
                new Content(
                        new ContentDigest(statement.getDigest()),
                        statement.getSizeBytes(),
                        ImageFormat.parse(statement.getFormat()).orElseThrow()));
    }
}
