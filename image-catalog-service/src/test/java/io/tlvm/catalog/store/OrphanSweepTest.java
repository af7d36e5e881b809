package io.tlvm.catalog.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.longrunning.Operation;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.catalog.cluster.CatalogEnvironment;
import io.tlvm.catalog.cluster.Peers;
import io.tlvm.catalog.cluster.Uploader;
import io.tlvm.catalog.v1.CreateImageRequest;
import io.tlvm.catalog.v1.GetUploadRequest;
import io.tlvm.catalog.v1.GetUploadResponse;
import io.tlvm.catalog.v1.ReadContentRequest;
import io.tlvm.foundation.refusal.Refused;

import jakarta.inject.Inject;

import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;

/** The same shelf and records as the running service has, looked at by a later clock. */
@QuarkusTest
@QuarkusTestResource(CatalogEnvironment.class)
class OrphanSweepTest {
    private static final Duration GRACE = Duration.ofDays(1);

    @Inject Peers peers;
    @Inject ContentShelf shelf;
    @Inject Shelving shelving;

    @Inject
    @ConfigProperty(name = "tlvm.catalog.store.directory")
    Path store;

    private int sweepIn(Duration time) throws IOException {
        return new OrphanSweep(shelf, shelving, Clock.offset(Clock.systemUTC(), time), GRACE)
                .sweep();
    }

    @Test
    void content_that_nothing_names_goes_after_its_grace_and_can_be_brought_again()
            throws IOException {
        byte[] bytes = Uploader.disk(1 << 20, 901);
        upload(bytes);

        assertThat(sweepIn(Duration.ZERO)).isZero();
        assertThat(kept(bytes).getComplete()).isTrue();

        assertThat(sweepIn(Duration.ofDays(2))).isPositive();
        assertThat(kept(bytes).getComplete()).isFalse();
        assertThat(whole(bytes)).doesNotExist();

        upload(bytes);
        assertThat(kept(bytes).getComplete()).isTrue();
    }

    @Test
    void content_of_an_image_stays_however_old_it_is() throws IOException {
        byte[] bytes = Uploader.disk(1 << 20, 902);
        upload(bytes);
        Operation create =
                peers.store("user/alice")
                        .createImage(
                                CreateImageRequest.newBuilder()
                                        .setParent("projects/default")
                                        .setImageId("kept-by-its-name")
                                        .setUploadedDigest(Uploader.digest(bytes))
                                        .build());
        assertThat(peers.done("user/alice", create).hasResponse()).isTrue();

        int unused = sweepIn(Duration.ofDays(3650));

        assertThat(whole(bytes)).exists();
        assertThat(
                        peers.blobs("user/admin")
                                .readContent(
                                        ReadContentRequest.newBuilder()
                                                .setDigest(Uploader.digest(bytes))
                                                .build())
                                .hasNext())
                .isTrue();
    }

    @Test
    void bytes_without_a_record_go_too() throws IOException {
        byte[] bytes = Uploader.disk(4096, 903);
        Files.write(whole(bytes), bytes);

        assertThat(sweepIn(Duration.ofDays(2))).isPositive();

        assertThat(whole(bytes)).doesNotExist();
    }

    @Test
    void an_unfinished_upload_goes_when_nobody_went_on_with_it_for_a_week() throws IOException {
        byte[] bytes = Uploader.disk(1 << 20, 904);
        assertThat(
                        Refused.refused(
                                        () ->
                                                Uploader.send(
                                                        peers.channel("user/alice"),
                                                        Uploader.open(bytes).build(),
                                                        Arrays.copyOf(bytes, 4096)))
                                .violations())
                .isNotEmpty();

        int soon = sweepIn(Duration.ofDays(6));
        assertThat(kept(bytes).getOffsetBytes()).as("after " + soon).isEqualTo(4096);

        int later = sweepIn(Duration.ofDays(8));
        assertThat(kept(bytes).getOffsetBytes()).as("after " + later).isZero();
    }

    private Path whole(byte[] bytes) {
        return store.resolve("sha256").resolve(Uploader.digest(bytes).substring(7));
    }

    private void upload(byte[] bytes) {
        assertThat(
                        Uploader.send(
                                        peers.channel("user/alice"),
                                        Uploader.open(bytes).build(),
                                        bytes)
                                .getDigest())
                .isEqualTo(Uploader.digest(bytes));
    }

    private GetUploadResponse kept(byte[] bytes) {
        return peers.blobs("user/alice")
                .getUpload(GetUploadRequest.newBuilder().setDigest(Uploader.digest(bytes)).build());
    }
}
