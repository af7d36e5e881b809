package io.tlvm.catalog.api;

import static io.tlvm.foundation.refusal.Refused.invalid;
import static io.tlvm.foundation.refusal.Refused.refused;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_ALREADY_EXISTS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_ETAG_MISMATCH;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_HAS_NO_CONTENT;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_QUARANTINED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_REQUEST_ID_REUSED;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.longrunning.Operation;
import com.google.protobuf.InvalidProtocolBufferException;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.catalog.cluster.CatalogEnvironment;
import io.tlvm.catalog.cluster.Peers;
import io.tlvm.catalog.cluster.Signer;
import io.tlvm.catalog.cluster.Uploader;
import io.tlvm.catalog.v1.CreateImageMetadata;
import io.tlvm.catalog.v1.CreateImageRequest;
import io.tlvm.catalog.v1.DeleteImageRequest;
import io.tlvm.catalog.v1.GetImageRequest;
import io.tlvm.catalog.v1.Image;
import io.tlvm.catalog.v1.ImageSource;
import io.tlvm.catalog.v1.ListImagesRequest;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.OsType;

import jakarta.inject.Inject;

import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

@QuarkusTest
@QuarkusTestResource(CatalogEnvironment.class)
class GalleryTest {
    @Inject Peers peers;

    @Inject
    @ConfigProperty(name = "tlvm.catalog.store.directory")
    Path store;

    @Test
    void an_image_of_a_marketplace_version_pins_its_digest() throws Exception {
        byte[] bytes = published("gal-market", 20);
        Operation operation = create(fromUrn("gal-market", "gal-market:o:s:latest").build());
        assertThat(operation.getName())
                .matches("projects/default/operations/catalog-[0-9a-f-]{36}");

        Operation done = peers.done("user/alice", operation);

        Image image = done.getResponse().unpack(Image.class);
        assertThat(image.getState()).isEqualTo(Image.State.STATE_ACTIVE);
        assertThat(image.getUrn()).isEqualTo("gal-market:o:s:1.0");
        assertThat(image.getSource()).isEqualTo(ImageSource.IMAGE_SOURCE_MARKETPLACE);
        assertThat(image.getDigest()).isEqualTo(Uploader.digest(bytes));
        assertThat(image.getTrustedLaunchSupported()).isTrue();
        assertThat(image.getOsType()).isEqualTo(OsType.OS_TYPE_LINUX);
        var metadata = done.getMetadata().unpack(CreateImageMetadata.class);
        assertThat(metadata.getPhase()).isEqualTo(CreateImageMetadata.Phase.PHASE_DONE);
        assertThat(metadata.getBytesDone())
                .isEqualTo(bytes.length)
                .isEqualTo(metadata.getBytesTotal());
        assertThat(get("gal-market")).isEqualTo(image);
    }

    @Test
    void an_uploaded_file_is_never_supported_for_trusted_launch() throws Exception {
        Image image = made(fromUpload("gal-file", uploaded(21)));
        assertThat(image.getSource()).isEqualTo(ImageSource.IMAGE_SOURCE_FILE);
        assertThat(image.getTrustedLaunchSupported()).isFalse();
        assertThat(image.getTrustedLaunchReason()).contains("belongs to no publisher");
        assertThat(image.getUrn()).isEmpty();
    }

    @Test
    void a_row_without_content_is_refused_with_the_exact_fix() {
        var view =
                refused(
                        () ->
                                create(
                                        fromUrn(
                                                        "gal-none",
                                                        "MicrosoftWindowsDesktop:windows-11:win11-22h2-avd:latest")
                                                .build()));
        assertThat(view.reason()).isEqualTo(ERROR_REASON_IMAGE_HAS_NO_CONTENT);
        assertThat(view.fix())
                .isEqualTo(
                        "tlvm image marketplace add-content"
                            + " microsoftwindowsdesktop:windows-11:win11-22h2-avd:22621.2428.231001"
                            + " FILE");
    }

    @Test
    void content_that_nobody_uploaded_makes_no_image() {
        assertThat(
                        refused(
                                        () ->
                                                create(
                                                        CreateImageRequest.newBuilder()
                                                                .setParent("projects/default")
                                                                .setImageId("gal-missing")
                                                                .setUploadedDigest(
                                                                        "sha256:" + "0".repeat(64))
                                                                .build()))
                                .wireReason())
                .isEqualTo("RESOURCE_NOT_FOUND");
    }

    @Test
    void a_repeated_request_id_gives_the_same_operation_and_another_body_is_refused()
            throws Exception {
        var request =
                fromUpload("gal-repeat", uploaded(22)).setRequestId(UUID.randomUUID().toString());
        Operation first = create(request.build());
        peers.done("user/alice", first);

        assertThat(create(request.build()).getName()).isEqualTo(first.getName());
        assertThat(
                        refused(() -> create(request.clone().setImageId("gal-repeat-2").build()))
                                .reason())
                .isEqualTo(ERROR_REASON_REQUEST_ID_REUSED);
        assertThat(refused(() -> create(request.clone().clearRequestId().build())).reason())
                .isEqualTo(ERROR_REASON_ALREADY_EXISTS);
        assertThat(refused(() -> get("gal-repeat-2")).reason())
                .isEqualTo(ERROR_REASON_IMAGE_NOT_FOUND);
    }

    @Test
    void validate_only_answers_a_done_operation_and_changes_nothing() throws Exception {
        Operation done =
                create(fromUpload("gal-check", uploaded(23)).setValidateOnly(true).build());
        assertThat(done.getDone()).isTrue();
        assertThat(done.getResponse().unpack(Image.class).getName())
                .isEqualTo("projects/default/images/gal-check");
        assertThat(refused(() -> get("gal-check")).reason())
                .isEqualTo(ERROR_REASON_IMAGE_NOT_FOUND);
        assertThat(
                        refused(
                                        () ->
                                                create(
                                                        fromUrn("gal-check", "gal-nobody:o:s:1")
                                                                .setValidateOnly(true)
                                                                .build()))
                                .reason())
                .isEqualTo(ERROR_REASON_IMAGE_NOT_FOUND);
    }

    @Test
    void damage_on_the_disk_is_found_and_put_aside() throws Exception {
        byte[] bytes = uploaded(24);
        String hex = Uploader.digest(bytes).substring(7);
        try (var file =
                FileChannel.open(store.resolve("sha256").resolve(hex), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {(byte) ~bytes[7777]}), 7777);
        }
        Operation done = peers.done("user/alice", create(fromUpload("gal-damaged", bytes).build()));

        assertThat(RefusalView.of(done.getError()).reason())
                .isEqualTo(ERROR_REASON_IMAGE_QUARANTINED);
        assertThat(get("gal-damaged").getState()).isEqualTo(Image.State.STATE_FAILED);
        assertThat(store.resolve("sha256").resolve(hex)).doesNotExist();
        assertThat(store.resolve("quarantine").toFile().list())
                .anyMatch(name -> name.startsWith(hex));
        Uploader.send(
                peers.channel("user/alice"),
                Uploader.open(bytes).build(),
                bytes); // it can be brought again
    }

    @Test
    void deleting_needs_the_current_etag_and_removes_content_that_nothing_names() throws Exception {
        byte[] bytes = uploaded(25);
        Path file = store.resolve("sha256").resolve(Uploader.digest(bytes).substring(7));
        Image one = made(fromUpload("gal-one", bytes));
        Image two = made(fromUpload("gal-two", bytes));

        assertThat(refused(() -> delete(one.getName(), "\"old\"")).reason())
                .isEqualTo(ERROR_REASON_ETAG_MISMATCH);
        assertThat(delete(one.getName(), one.getEtag()).getDone()).isTrue();
        assertThat(file).exists();
        assertThat(delete(two.getName(), "").getDone()).isTrue();
        assertThat(file).doesNotExist();
        assertThat(refused(() -> delete(two.getName(), "")).reason())
                .isEqualTo(ERROR_REASON_IMAGE_NOT_FOUND);
    }

    @Test
    void content_of_a_marketplace_row_outlives_its_images() throws Exception {
        byte[] bytes = published("gal-stays", 26);
        Image image = made(fromUrn("gal-stays", "gal-stays:o:s:1.0"));
        delete(image.getName(), "");
        assertThat(store.resolve("sha256").resolve(Uploader.digest(bytes).substring(7))).exists();
    }

    @Test
    void pages_of_a_project_hold_only_its_images() throws Exception {
        byte[] bytes = uploaded(27);
        for (String id : new String[] {"c", "a", "b"}) {
            made(fromUpload("gal-page-" + id, bytes).setParent("projects/paged"));
        }
        var first =
                peers.store("user/alice")
                        .listImages(
                                ListImagesRequest.newBuilder()
                                        .setParent("projects/paged")
                                        .setPageSize(2)
                                        .build());
        var second =
                peers.store("user/alice")
                        .listImages(
                                ListImagesRequest.newBuilder()
                                        .setParent("projects/paged")
                                        .setPageSize(2)
                                        .setPageToken(first.getNextPageToken())
                                        .build());
        assertThat(first.getImagesList())
                .extracting(Image::getName)
                .containsExactly(
                        "projects/paged/images/gal-page-a", "projects/paged/images/gal-page-b");
        assertThat(second.getImagesList())
                .extracting(Image::getName)
                .containsExactly("projects/paged/images/gal-page-c");
        assertThat(second.getNextPageToken()).isEmpty();
    }

    @Test
    void a_source_is_required() {
        invalid(
                () ->
                        create(
                                CreateImageRequest.newBuilder()
                                        .setParent("projects/default")
                                        .setImageId("x")
                                        .build()),
                "");
    }

    private byte[] uploaded(long seed) {
        byte[] bytes = Uploader.disk(1 << 20, seed);
        Uploader.send(peers.channel("user/alice"), Uploader.open(bytes).build(), bytes);
        return bytes;
    }

    private byte[] published(String publisher, long seed) {
        byte[] bytes = Uploader.disk(1 << 20, seed);
        var signer = new Signer();
        signer.register(peers, publisher);
        String urn = publisher + ":o:s:1.0";
        peers.catalog("user/admin").createImageVersion(signer.sign(Signer.statement(urn, bytes)));
        Uploader.send(peers.channel("user/admin"), Uploader.open(bytes).setUrn(urn).build(), bytes);
        return bytes;
    }

    private static CreateImageRequest.Builder fromUrn(String id, String urn) {
        return CreateImageRequest.newBuilder()
                .setParent("projects/default")
                .setImageId(id)
                .setUrn(urn);
    }

    private static CreateImageRequest.Builder fromUpload(String id, byte[] bytes) {
        return CreateImageRequest.newBuilder()
                .setParent("projects/default")
                .setImageId(id)
                .setUploadedDigest(Uploader.digest(bytes))
                .setOsType(OsType.OS_TYPE_LINUX);
    }

    private Operation create(CreateImageRequest request) {
        return peers.store("user/alice").createImage(request);
    }

    private Image made(CreateImageRequest.Builder request) throws InvalidProtocolBufferException {
        return peers.done("user/alice", create(request.build())).getResponse().unpack(Image.class);
    }

    private Image get(String id) {
        return peers.store("svc/vm-service")
                .getImage(
                        GetImageRequest.newBuilder()
                                .setName("projects/default/images/" + id)
                                .build());
    }

    private Operation delete(String name, String etag) {
        return peers.store("user/alice")
                .deleteImage(DeleteImageRequest.newBuilder().setName(name).setEtag(etag).build());
    }
}
