package io.tlvm.catalog.api;

import static io.tlvm.foundation.refusal.Refused.invalid;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.catalog.cluster.CatalogEnvironment;
import io.tlvm.catalog.cluster.Peers;
import io.tlvm.catalog.cluster.Uploader;
import io.tlvm.catalog.v1.AddPublisherKeyRequest;
import io.tlvm.catalog.v1.CreateImageRequest;
import io.tlvm.catalog.v1.CreateImageVersionRequest;
import io.tlvm.catalog.v1.CreatePublisherRequest;
import io.tlvm.catalog.v1.DeleteImageRequest;
import io.tlvm.catalog.v1.GetImageRequest;
import io.tlvm.catalog.v1.GetImageVersionRequest;
import io.tlvm.catalog.v1.GetUploadRequest;
import io.tlvm.catalog.v1.ListImageVersionsRequest;
import io.tlvm.catalog.v1.ListImagesRequest;
import io.tlvm.catalog.v1.ListPublishersRequest;
import io.tlvm.catalog.v1.ReadContentRequest;
import io.tlvm.catalog.v1.ResolveImageRequest;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;

/** Every RPC answers bad input with INVALID_ARGUMENT and names the field. */
@QuarkusTest
@QuarkusTestResource(CatalogEnvironment.class)
class BadInputTest {
    private static final String ADMIN = "user/admin";

    @Inject Peers peers;

    static List<String> badSegments() {
        return List.of(
                "",
                "..",
                "../x",
                "a/b",
                "a\0",
                "a\r\nb",
                "a,b=c",
                "a;b",
                "ａ",
                "a\u202eb",
                "А",
                "A",
                "-a",
                "a-",
                "a".repeat(4096));
    }

    @ParameterizedTest
    @MethodSource("badSegments")
    void names_are_refused_unless_they_have_the_shape(String bad) {
        invalid(
                () ->
                        peers.catalog(ADMIN)
                                .createPublisher(
                                        CreatePublisherRequest.newBuilder()
                                                .setPublisherId(bad)
                                                .build()),
                "publisher_id");
        invalid(
                () ->
                        peers.catalog(ADMIN)
                                .addPublisherKey(
                                        AddPublisherKeyRequest.newBuilder()
                                                .setPublisher("publishers/" + bad)
                                                .setPublicKeyPem("x")
                                                .build()),
                "publisher");
        invalid(
                () ->
                        peers.store(ADMIN)
                                .createImage(
                                        CreateImageRequest.newBuilder()
                                                .setParent("projects/default")
                                                .setImageId(bad)
                                                .setUrn("a:b:c:d")
                                                .build()),
                "image_id");
        invalid(
                () ->
                        peers.store(ADMIN)
                                .createImage(
                                        CreateImageRequest.newBuilder()
                                                .setParent("projects/" + bad)
                                                .setImageId("a")
                                                .setUrn("a:b:c:d")
                                                .build()),
                "parent");
        invalid(
                () ->
                        peers.store(ADMIN)
                                .getImage(
                                        GetImageRequest.newBuilder()
                                                .setName("projects/default/images/" + bad)
                                                .build()),
                "name");
        invalid(
                () ->
                        peers.store(ADMIN)
                                .deleteImage(
                                        DeleteImageRequest.newBuilder()
                                                .setName("projects/default/images/" + bad)
                                                .build()),
                "name");
        invalid(
                () ->
                        peers.store(ADMIN)
                                .listImages(
                                        ListImagesRequest.newBuilder()
                                                .setParent("projects/" + bad)
                                                .build()),
                "parent");
    }

    @ParameterizedTest
    @MethodSource("badUrns")
    void urns_are_refused_unless_they_have_four_clean_parts(String bad) {
        invalid(
                () ->
                        peers.catalog(ADMIN)
                                .resolveImage(ResolveImageRequest.newBuilder().setUrn(bad).build()),
                "urn");
        invalid(
                () ->
                        peers.store(ADMIN)
                                .createImage(
                                        CreateImageRequest.newBuilder()
                                                .setParent("projects/default")
                                                .setImageId("a")
                                                .setUrn(bad)
                                                .build()),
                "urn");
        if (!bad.isEmpty()) { // empty means a plain file
            invalid(
                    () ->
                            new Uploader(
                                            peers.channel(ADMIN),
                                            Uploader.open(new byte[512]).setUrn(bad).build())
                                    .answer(),
                    "open.urn");
        }
    }

    static List<String> badUrns() {
        return List.of(
                "",
                "a:b:c",
                "a:b:c:d:e",
                "a:b:c:",
                "a:b:../x:d",
                "a:b:c:d\n",
                "a:b:c:\0ddddd",
                "a:b:c,x=y:d",
                "a:b:c:" + "d".repeat(400));
    }

    @Test
    void version_names_and_parents_have_the_shape_of_the_resource() {
        for (String bad :
                List.of(
                        "",
                        "publishers/a",
                        "publishers/a/offers/b/skus/c",
                        "publishers/A/offers/b/skus/c/versions/d",
                        "publishers/-/offers/b/skus/c/versions/d",
                        "publishers/a/offers/../skus/c/versions/d")) {
            invalid(
                    () ->
                            peers.catalog(ADMIN)
                                    .getImageVersion(
                                            GetImageVersionRequest.newBuilder()
                                                    .setName(bad)
                                                    .build()),
                    "name");
        }
        for (String bad :
                List.of(
                        "",
                        "publishers/-",
                        "publishers/-/offers/-/skus/*",
                        "publishers/a/offers/b/skus/c\n")) {
            invalid(
                    () ->
                            peers.catalog(ADMIN)
                                    .listImageVersions(
                                            ListImageVersionsRequest.newBuilder()
                                                    .setParent(bad)
                                                    .build()),
                    "parent");
        }
    }

    @Test
    void pages_have_no_negative_size_and_tokens_are_ours() {
        String parent = "publishers/-/offers/-/skus/-";
        invalid(
                () ->
                        peers.catalog(ADMIN)
                                .listPublishers(
                                        ListPublishersRequest.newBuilder().setPageSize(-1).build()),
                "page_size");
        invalid(
                () ->
                        peers.catalog(ADMIN)
                                .listPublishers(
                                        ListPublishersRequest.newBuilder()
                                                .setPageToken("?")
                                                .build()),
                "page_token");
        invalid(
                () ->
                        peers.catalog(ADMIN)
                                .listImageVersions(
                                        ListImageVersionsRequest.newBuilder()
                                                .setParent(parent)
                                                .setPageSize(-1)
                                                .build()),
                "page_size");
        invalid(
                () ->
                        peers.catalog(ADMIN)
                                .listImageVersions(
                                        ListImageVersionsRequest.newBuilder()
                                                .setParent(parent)
                                                .setTrustedLaunchValue(77)
                                                .build()),
                "trusted_launch");
        invalid(
                () ->
                        peers.store(ADMIN)
                                .listImages(
                                        ListImagesRequest.newBuilder()
                                                .setParent("projects/default")
                                                .setPageSize(Integer.MIN_VALUE)
                                                .build()),
                "page_size");
    }

    @Test
    void request_ids_are_uuids() {
        invalid(
                () ->
                        peers.catalog(ADMIN)
                                .createPublisher(
                                        CreatePublisherRequest.newBuilder()
                                                .setPublisherId("a")
                                                .setRequestId("1")
                                                .build()),
                "request_id");
        invalid(
                () ->
                        peers.store(ADMIN)
                                .createImage(
                                        CreateImageRequest.newBuilder()
                                                .setParent("projects/default")
                                                .setImageId("a")
                                                .setUrn("a:b:c:d")
                                                .setRequestId("1")
                                                .build()),
                "request_id");
    }

    @Test
    void a_publication_needs_statement_and_signature() {
        invalid(
                () ->
                        peers.catalog(ADMIN)
                                .createImageVersion(CreateImageVersionRequest.getDefaultInstance()),
                "statement");
        invalid(
                () ->
                        peers.catalog(ADMIN)
                                .addPublisherKey(
                                        AddPublisherKeyRequest.newBuilder()
                                                .setPublisher("publishers/a")
                                                .build()),
                "public_key_pem");
    }

    @Test
    void digests_sizes_and_offsets_of_content_are_checked() {
        for (String bad :
                List.of(
                        "",
                        "sha256:",
                        "sha512:" + "a".repeat(64),
                        "sha256:" + "A".repeat(64),
                        "sha256:../" + "a".repeat(61))) {
            invalid(
                    () ->
                            peers.blobs(ADMIN)
                                    .getUpload(
                                            GetUploadRequest.newBuilder().setDigest(bad).build()),
                    "digest");
            invalid(
                    () ->
                            peers.blobs(ADMIN)
                                    .readContent(
                                            ReadContentRequest.newBuilder().setDigest(bad).build())
                                    .hasNext(),
                    "digest");
            invalid(
                    () ->
                            new Uploader(
                                            peers.channel(ADMIN),
                                            Uploader.open(new byte[512]).setDigest(bad).build())
                                    .answer(),
                    "open.digest");
            if (!bad.isEmpty()) {
                invalid(
                        () ->
                                peers.store(ADMIN)
                                        .createImage(
                                                CreateImageRequest.newBuilder()
                                                        .setParent("projects/default")
                                                        .setImageId("a")
                                                        .setUploadedDigest(bad)
                                                        .build()),
                        "uploaded_digest");
            }
        }
        invalid(
                () ->
                        peers.blobs(ADMIN)
                                .readContent(
                                        ReadContentRequest.newBuilder()
                                                .setDigest("sha256:" + "a".repeat(64))
                                                .setOffsetBytes(-1)
                                                .build())
                                .hasNext(),
                "offset_bytes");
        invalid(
                () ->
                        new Uploader(
                                        peers.channel(ADMIN),
                                        Uploader.open(new byte[512]).setSizeBytes(-1).build())
                                .answer(),
                "open.size_bytes");
        invalid(
                () ->
                        new Uploader(
                                        peers.channel(ADMIN),
                                        Uploader.open(new byte[512]).setOffsetBytes(-1).build())
                                .answer(),
                "open.offset_bytes");
        invalid(
                () ->
                        new Uploader(
                                        peers.channel(ADMIN),
                                        Uploader.open(new byte[512]).setFormat("qcow2").build())
                                .answer(),
                "open.format");
    }
}
