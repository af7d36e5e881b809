package io.tlvm.catalog.api;

import static io.tlvm.foundation.refusal.Refused.invalid;
import static io.tlvm.foundation.refusal.Refused.refused;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_DIGEST_MISMATCH;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_FORMAT_REFUSED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_OPERATION_IN_PROGRESS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_PERMISSION_DENIED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_STORAGE_FULL;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.catalog.cluster.CatalogEnvironment;
import io.tlvm.catalog.cluster.Peers;
import io.tlvm.catalog.cluster.Signer;
import io.tlvm.catalog.cluster.Uploader;
import io.tlvm.catalog.v1.GetUploadRequest;
import io.tlvm.catalog.v1.GetUploadResponse;
import io.tlvm.catalog.v1.ReadContentRequest;
import io.tlvm.catalog.v1.ReadContentResponse;
import io.tlvm.catalog.v1.ResolveImageRequest;
import io.tlvm.catalog.v1.UploadOpen;

import jakarta.inject.Inject;

import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Iterator;

@QuarkusTest
@QuarkusTestResource(CatalogEnvironment.class)
class ContentTest {
    private static final String ROW =
            "microsoftwindowsdesktop:windows-11:win11-21h2-avd:22000.2538.231001";

    @Inject Peers peers;

    @Inject
    @ConfigProperty(name = "tlvm.catalog.store.directory")
    Path store;

    @Test
    void uploaded_bytes_are_read_back_by_a_node_from_any_offset() throws IOException {
        byte[] bytes = Uploader.disk(3 << 20, 1);
        var answer =
                Uploader.send(peers.channel("user/alice"), Uploader.open(bytes).build(), bytes);

        assertThat(answer.getDigest()).isEqualTo(Uploader.digest(bytes));
        assertThat(read("node/node-a/igvm-agent", answer.getDigest(), 0)).isEqualTo(bytes);
        assertThat(read("node/node-a/igvm-agent", answer.getDigest(), 1_000_001))
                .isEqualTo(Arrays.copyOfRange(bytes, 1_000_001, bytes.length));
        assertThat(read("node/node-a/igvm-agent", answer.getDigest(), bytes.length)).isEmpty();
        Path file = store.resolve("sha256").resolve(answer.getDigest().substring(7));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void an_interrupted_upload_goes_on_where_it_stopped() throws IOException {
        byte[] bytes = Uploader.disk(4 << 20, 2);
        var first =
                new Uploader(peers.channel("user/alice"), Uploader.open(bytes).build())
                        .feed(Arrays.copyOf(bytes, 2 << 20));
        // What is in flight when the client dies may or may not arrive; the server says how far it
        // got.
        await().until(() -> kept("user/alice", bytes).getOffsetBytes() > 0);
        first.breakOff();
        await().until(() -> resumable(bytes));
        long kept = kept("user/alice", bytes).getOffsetBytes();
        assertThat(kept).isLessThanOrEqualTo(2 << 20);
        assertThat(kept("user/alice", bytes).getComplete()).isFalse();
        assertThat(kept("user/bob", bytes).getOffsetBytes())
                .as("uploads of others are their own")
                .isZero();
        assertThat(refused(() -> read("user/admin", Uploader.digest(bytes), 0)).wireReason())
                .isEqualTo("RESOURCE_NOT_FOUND");

        Uploader.send(
                peers.channel("user/alice"),
                Uploader.open(bytes).setOffsetBytes(kept).build(),
                Arrays.copyOfRange(bytes, (int) kept, bytes.length));

        assertThat(kept("user/alice", bytes).getComplete()).isTrue();
        assertThat(read("user/admin", Uploader.digest(bytes), 0)).isEqualTo(bytes);
    }

    @Test
    void an_upload_that_ends_early_is_kept_and_says_how_to_go_on() {
        byte[] bytes = Uploader.disk(1 << 20, 3);
        invalid(
                () ->
                        Uploader.send(
                                peers.channel("user/alice"),
                                Uploader.open(bytes).build(),
                                Arrays.copyOf(bytes, 4096)),
                "chunk");
        assertThat(kept("user/alice", bytes).getOffsetBytes()).isEqualTo(4096);
        invalid(
                () ->
                        Uploader.send(
                                peers.channel("user/alice"), Uploader.open(bytes).build(), bytes),
                "open.offset_bytes");
    }

    @Test
    void bytes_with_another_digest_are_refused_and_nothing_is_visible() throws IOException {
        byte[] bytes = Uploader.disk(1 << 20, 4);
        byte[] other = bytes.clone();
        other[500_000] ^= 1;
        var view =
                refused(
                        () ->
                                Uploader.send(
                                        peers.channel("user/alice"),
                                        Uploader.open(bytes).build(),
                                        other));

        assertThat(view.reason()).isEqualTo(ERROR_REASON_IMAGE_DIGEST_MISMATCH);
        assertThat(view.metadata())
                .containsEntry("expected", Uploader.digest(bytes))
                .containsEntry("actual", Uploader.digest(other));
        assertThat(kept("user/alice", bytes)).isEqualTo(GetUploadResponse.getDefaultInstance());
        for (byte[] content : new byte[][] {bytes, other}) {
            assertThat(store.resolve("sha256").resolve(Uploader.digest(content).substring(7)))
                    .doesNotExist();
        }
        try (var partials = Files.list(store.resolve("uploads"))) {
            assertThat(partials)
                    .noneMatch(
                            file -> file.toString().endsWith(Uploader.digest(bytes).substring(7)));
        }
    }

    @Test
    void more_bytes_than_declared_are_refused() {
        byte[] bytes = Uploader.disk(1 << 20, 5);
        invalid(
                () ->
                        Uploader.send(
                                peers.channel("user/alice"),
                                Uploader.open(bytes).setSizeBytes(4096).build(),
                                bytes),
                "chunk");
    }

    @Test
    void a_qcow2_file_declared_raw_is_refused() {
        byte[] bytes = Uploader.disk(1 << 20, 6);
        System.arraycopy(new byte[] {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 3}, 0, bytes, 0, 8);
        var view =
                refused(
                        () ->
                                Uploader.send(
                                        peers.channel("user/alice"),
                                        Uploader.open(bytes).build(),
                                        bytes));
        assertThat(view.reason()).isEqualTo(ERROR_REASON_IMAGE_FORMAT_REFUSED);
        assertThat(view.metadata()).containsEntry("format", "qcow");
        assertThat(kept("user/alice", bytes).getOffsetBytes()).isZero();
    }

    @Test
    void raw_bytes_declared_vhdx_are_refused() {
        byte[] bytes = Uploader.disk(2 << 20, 7);
        assertThat(
                        refused(
                                        () ->
                                                Uploader.send(
                                                        peers.channel("user/alice"),
                                                        Uploader.open(bytes)
                                                                .setFormat("vhdx")
                                                                .build(),
                                                        bytes))
                                .reason())
                .isEqualTo(ERROR_REASON_IMAGE_FORMAT_REFUSED);
    }

    @Test
    void content_that_is_there_needs_no_second_upload() {
        byte[] bytes = Uploader.disk(1 << 20, 8);
        Uploader.send(peers.channel("user/alice"), Uploader.open(bytes).build(), bytes);
        var again = new Uploader(peers.channel("user/bob"), Uploader.open(bytes).build());
        assertThat(again.answer().getDigest()).isEqualTo(Uploader.digest(bytes));
    }

    @Test
    void the_same_upload_twice_at_once_is_refused() {
        byte[] bytes = Uploader.disk(1 << 20, 9);
        var first =
                new Uploader(peers.channel("user/alice"), Uploader.open(bytes).build())
                        .feed(Arrays.copyOf(bytes, 4096));
        await().until(() -> kept("user/alice", bytes).getOffsetBytes() == 4096);
        assertThat(
                        refused(
                                        () ->
                                                new Uploader(
                                                                peers.channel("user/alice"),
                                                                Uploader.open(bytes)
                                                                        .setOffsetBytes(4096)
                                                                        .build())
                                                        .answer())
                                .reason())
                .isEqualTo(ERROR_REASON_OPERATION_IN_PROGRESS);
        first.breakOff();
    }

    @Test
    void content_that_does_not_fit_is_refused_before_a_byte_is_sent() {
        var open =
                UploadOpen.newBuilder()
                        .setDigest("sha256:" + "a".repeat(64))
                        .setFormat("raw")
                        .setSizeBytes(1L << 40);
        assertThat(
                        refused(
                                        () ->
                                                new Uploader(
                                                                peers.channel("user/alice"),
                                                                open.build())
                                                        .answer())
                                .reason())
                .isEqualTo(ERROR_REASON_STORAGE_FULL);
        invalid(
                () ->
                        new Uploader(
                                        peers.channel("user/alice"),
                                        open.setSizeBytes(Long.MAX_VALUE).build())
                                .answer(),
                "open.size_bytes");
    }

    @Test
    void the_first_content_of_a_seeded_row_pins_it_and_another_is_refused() {
        byte[] bytes = Uploader.disk(1 << 20, 10);
        byte[] other = Uploader.disk(1 << 20, 11);
        Uploader.send(peers.channel("user/admin"), Uploader.open(bytes).setUrn(ROW).build(), bytes);

        var row =
                peers.catalog("user/alice")
                        .resolveImage(ResolveImageRequest.newBuilder().setUrn(ROW).build())
                        .getImageVersion();
        assertThat(row.getDigest()).isEqualTo(Uploader.digest(bytes));
        assertThat(row.getContentAvailable()).isTrue();
        assertThat(row.getContentReason()).isEmpty();
        var view =
                refused(
                        () ->
                                Uploader.send(
                                        peers.channel("user/admin"),
                                        Uploader.open(other).setUrn(ROW).build(),
                                        other));
        assertThat(view.reason()).isEqualTo(ERROR_REASON_IMAGE_DIGEST_MISMATCH);
        assertThat(view.metadata()).containsEntry("expected", Uploader.digest(bytes));
    }

    @Test
    void a_signed_version_takes_only_the_content_that_was_signed() {
        byte[] bytes = Uploader.disk(1 << 20, 12);
        byte[] other = Uploader.disk(1 << 20, 13);
        var signer = new Signer();
        signer.register(peers, "content-signed");
        peers.catalog("user/admin")
                .createImageVersion(signer.sign(Signer.statement("content-signed:o:s:1", bytes)));

        assertThat(
                        refused(
                                        () ->
                                                Uploader.send(
                                                        peers.channel("user/admin"),
                                                        Uploader.open(other)
                                                                .setUrn("content-signed:o:s:1")
                                                                .build(),
                                                        other))
                                .reason())
                .isEqualTo(ERROR_REASON_IMAGE_DIGEST_MISMATCH);
        Uploader.send(
                peers.channel("user/admin"),
                Uploader.open(bytes).setUrn("content-signed:o:s:1").build(),
                bytes);
        assertThat(
                        peers.catalog("user/alice")
                                .resolveImage(
                                        ResolveImageRequest.newBuilder()
                                                .setUrn("content-signed:o:s:latest")
                                                .build())
                                .getImageVersion()
                                .getContentAvailable())
                .isTrue();
    }

    @Test
    void only_administrators_bring_content_of_a_row() {
        byte[] bytes = Uploader.disk(1 << 20, 14);
        assertThat(
                        refused(
                                        () ->
                                                Uploader.send(
                                                        peers.channel("user/alice"),
                                                        Uploader.open(bytes)
                                                                .setUrn(
                                                                        "microsoftwindowsdesktop:windows-11:win11-22h2-avd:22621.2428.231001")
                                                                .build(),
                                                        bytes))
                                .reason())
                .isEqualTo(ERROR_REASON_PERMISSION_DENIED);
    }

    private GetUploadResponse kept(String caller, byte[] bytes) {
        return peers.blobs(caller)
                .getUpload(GetUploadRequest.newBuilder().setDigest(Uploader.digest(bytes)).build());
    }

    /**
     * The server has noticed that the first stream is gone: its offset no longer moves and a second
     * one may begin.
     */
    private boolean resumable(byte[] bytes) {
        var probe =
                new Uploader(
                        peers.channel("user/alice"),
                        Uploader.open(bytes).setOffsetBytes(bytes.length).build());
        return refused(probe::answer)
                .wireReason()
                .equals("VALIDATION_FAILED"); // wrong offset, not "in progress"
    }

    private byte[] read(String caller, String digest, long offset) throws IOException {
        Iterator<ReadContentResponse> parts =
                peers.blobs(caller)
                        .readContent(
                                ReadContentRequest.newBuilder()
                                        .setDigest(digest)
                                        .setOffsetBytes(offset)
                                        .build());
        var bytes = new ByteArrayOutputStream();
        boolean first = true;
        while (parts.hasNext()) {
            ReadContentResponse part = parts.next();
            assertThat(part.getSizeBytes() > 0).isEqualTo(first);
            assertThat(part.getChunk().size()).isLessThanOrEqualTo(256 * 1024);
            part.getChunk().writeTo(bytes);
            first = false;
        }
        return bytes.toByteArray();
    }
}
