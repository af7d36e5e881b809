package io.tlvm.catalog.api;

import static io.tlvm.foundation.refusal.Refused.invalid;
import static io.tlvm.foundation.refusal.Refused.refused;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_ALREADY_EXISTS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_SIGNATURE_INVALID;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_PUBLISHER_NOT_TRUSTED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_REQUEST_ID_REUSED;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.catalog.cluster.CatalogEnvironment;
import io.tlvm.catalog.cluster.Peers;
import io.tlvm.catalog.cluster.Signer;
import io.tlvm.catalog.cluster.Uploader;
import io.tlvm.catalog.v1.AddPublisherKeyRequest;
import io.tlvm.catalog.v1.CreateImageVersionRequest;
import io.tlvm.catalog.v1.CreatePublisherRequest;
import io.tlvm.catalog.v1.ImageVersion;
import io.tlvm.catalog.v1.Publisher;
import io.tlvm.catalog.v1.ResolveImageRequest;
import io.tlvm.catalog.v1.SignedImageStatement;
import io.tlvm.catalog.v1.TrustedLaunchSupport;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import java.util.UUID;

@QuarkusTest
@QuarkusTestResource(CatalogEnvironment.class)
class PublishTest {
    @Inject Peers peers;

    private final Signer signer = new Signer();

    @Test
    void a_statement_signed_by_a_pinned_key_is_published() {
        Publisher publisher = signer.register(peers, "pub-good");
        assertThat(publisher.getKeyFingerprintsList()).containsExactly(signer.fingerprint());

        ImageVersion version =
                peers.catalog("user/admin")
                        .createImageVersion(
                                signer.sign(
                                        Signer.statement(
                                                "pub-good:linux:server:1.0", new byte[512])));

        assertThat(version.getSignedBy()).isEqualTo(signer.fingerprint());
        assertThat(version.getTrustedLaunch())
                .isEqualTo(TrustedLaunchSupport.TRUSTED_LAUNCH_SUPPORT_SUPPORTED);
        assertThat(version.getDigest()).isEqualTo(Uploader.digest(new byte[512]));
        assertThat(version.getContentAvailable()).isFalse();
        assertThat(version.getContentReason())
                .contains("tlvm image marketplace add-content pub-good:linux:server:1.0 FILE");
    }

    @Test
    void a_changed_statement_is_refused_and_nothing_is_published() {
        signer.register(peers, "pub-changed");
        var signed = signer.sign(Signer.statement("pub-changed:o:s:1.0", new byte[512]));
        var changed =
                signed.toBuilder()
                        .setStatement(
                                Signer.statement("pub-changed:o:s:1.0", new byte[1024])
                                        .build()
                                        .toByteString())
                        .build();

        assertThat(refused(() -> peers.catalog("user/admin").createImageVersion(changed)).reason())
                .isEqualTo(ERROR_REASON_IMAGE_SIGNATURE_INVALID);
        assertThat(refused(() -> resolve("pub-changed:o:s:latest")).wireReason())
                .isEqualTo("IMAGE_NOT_FOUND");
    }

    @Test
    void a_key_that_nobody_pinned_publishes_nothing() {
        signer.register(peers, "pub-unpinned");
        var other = new Signer();
        var view =
                refused(
                        () ->
                                peers.catalog("user/admin")
                                        .createImageVersion(
                                                other.sign(
                                                        Signer.statement(
                                                                "pub-unpinned:o:s:1.0",
                                                                new byte[512]))));
        assertThat(view.reason()).isEqualTo(ERROR_REASON_IMAGE_SIGNATURE_INVALID);
        assertThat(view.exitCode()).isEqualTo(9);
    }

    @Test
    void the_key_of_one_publisher_does_not_sign_for_another() {
        signer.register(peers, "pub-one");
        new Signer().register(peers, "pub-two");
        assertThat(
                        refused(
                                        () ->
                                                peers.catalog("user/admin")
                                                        .createImageVersion(
                                                                signer.sign(
                                                                        Signer.statement(
                                                                                "pub-two:o:s:1.0",
                                                                                new byte[512]))))
                                .reason())
                .isEqualTo(ERROR_REASON_IMAGE_SIGNATURE_INVALID);
    }

    @Test
    void an_unknown_publisher_and_one_without_key_publish_nothing() {
        peers.catalog("user/admin")
                .createPublisher(
                        CreatePublisherRequest.newBuilder().setPublisherId("pub-keyless").build());
        for (String publisher :
                new String[] {"pub-nobody", "pub-keyless", "microsoftwindowsdesktop"}) {
            assertThat(
                            refused(
                                            () ->
                                                    peers.catalog("user/admin")
                                                            .createImageVersion(
                                                                    signer.sign(
                                                                            Signer.statement(
                                                                                    publisher
                                                                                            + ":o:s:1.0",
                                                                                    new byte
                                                                                            [512]))))
                                    .reason())
                    .isEqualTo(ERROR_REASON_PUBLISHER_NOT_TRUSTED);
        }
    }

    @Test
    void versions_are_immutable_and_repeating_the_same_statement_changes_nothing() {
        signer.register(peers, "pub-again");
        var signed = signer.sign(Signer.statement("pub-again:o:s:1.0", new byte[512]));
        ImageVersion first = peers.catalog("user/admin").createImageVersion(signed);

        assertThat(peers.catalog("user/admin").createImageVersion(signed)).isEqualTo(first);
        assertThat(
                        refused(
                                        () ->
                                                peers.catalog("user/admin")
                                                        .createImageVersion(
                                                                signer.sign(
                                                                        Signer.statement(
                                                                                "pub-again:o:s:1.0",
                                                                                new byte[1024]))))
                                .reason())
                .isEqualTo(ERROR_REASON_ALREADY_EXISTS);
    }

    @Test
    void latest_is_the_highest_number_and_not_the_last_word() {
        signer.register(peers, "pub-latest");
        for (String version : new String[] {"22621.382.1", "22621.2428.1", "22621.1702.1"}) {
            peers.catalog("user/admin")
                    .createImageVersion(
                            signer.sign(
                                    Signer.statement("pub-latest:o:s:" + version, new byte[512])));
        }
        assertThat(resolve("pub-latest:o:s:latest").getUrn())
                .isEqualTo("pub-latest:o:s:22621.2428.1");
    }

    @Test
    void an_image_that_is_not_capable_is_listed_with_its_reason() {
        signer.register(peers, "pub-legacy");
        var statement =
                Signer.statement("pub-legacy:o:s:1.0", new byte[512])
                        .setTrustedLaunchCapable(false)
                        .setTrustedLaunchReason("boots by BIOS only");
        peers.catalog("user/admin").createImageVersion(signer.sign(statement));

        ImageVersion version = resolve("pub-legacy:o:s:latest");
        assertThat(version.getTrustedLaunch())
                .isEqualTo(TrustedLaunchSupport.TRUSTED_LAUNCH_SUPPORT_UNSUPPORTED);
        assertThat(version.getTrustedLaunchReason()).isEqualTo("boots by BIOS only");
    }

    @Test
    void statements_that_break_a_rule_are_refused_by_field() {
        signer.register(peers, "pub-rules");
        invalid(() -> publish(Signer.statement("pub-rules:o:s:latest", new byte[512])), "urn");
        invalid(() -> publish(Signer.statement("pub-rules:o:s", new byte[512])), "urn");
        invalid(
                () ->
                        publish(
                                Signer.statement("pub-rules:o:s:1", new byte[512])
                                        .setFormat("qcow2")),
                "format");
        invalid(
                () -> publish(Signer.statement("pub-rules:o:s:1", new byte[512]).setSizeBytes(0)),
                "size_bytes");
        invalid(
                () ->
                        publish(
                                Signer.statement("pub-rules:o:s:1", new byte[512])
                                        .setTrustedLaunchCapable(false)),
                "trusted_launch_reason");
        invalid(
                () ->
                        peers.catalog("user/admin")
                                .createImageVersion(
                                        CreateImageVersionRequest.newBuilder()
                                                .setStatement(
                                                        ByteString.copyFrom(
                                                                new byte[] {(byte) 0xff, 1, 2}))
                                                .setSignature(ByteString.copyFrom(new byte[64]))
                                                .build()),
                "statement");
    }

    @Test
    void a_repeated_request_id_answers_the_same_and_another_body_is_refused() {
        var request =
                CreatePublisherRequest.newBuilder()
                        .setPublisherId("pub-repeat")
                        .setRequestId(UUID.randomUUID().toString())
                        .build();
        Publisher first = peers.catalog("user/admin").createPublisher(request);

        assertThat(peers.catalog("user/admin").createPublisher(request)).isEqualTo(first);
        assertThat(
                        refused(
                                        () ->
                                                peers.catalog("user/admin")
                                                        .createPublisher(
                                                                request.toBuilder()
                                                                        .setPublisherId(
                                                                                "pub-repeat-2")
                                                                        .build()))
                                .reason())
                .isEqualTo(ERROR_REASON_REQUEST_ID_REUSED);
        assertThat(
                        refused(
                                        () ->
                                                peers.catalog("user/admin")
                                                        .createPublisher(
                                                                request.toBuilder()
                                                                        .clearRequestId()
                                                                        .build()))
                                .reason())
                .isEqualTo(ERROR_REASON_ALREADY_EXISTS);
    }

    @Test
    void a_key_that_is_no_p256_key_is_not_pinned() {
        peers.catalog("user/admin")
                .createPublisher(
                        CreatePublisherRequest.newBuilder().setPublisherId("pub-key").build());
        invalid(
                () ->
                        peers.catalog("user/admin")
                                .addPublisherKey(
                                        AddPublisherKeyRequest.newBuilder()
                                                .setPublisher("publishers/pub-key")
                                                .setPublicKeyPem(
                                                        "-----BEGIN PUBLIC KEY-----\n"
                                                                + "AAAA\n"
                                                                + "-----END PUBLIC KEY-----\n")
                                                .build()),
                "public_key_pem");
        assertThat(
                        refused(
                                        () ->
                                                peers.catalog("user/admin")
                                                        .addPublisherKey(
                                                                AddPublisherKeyRequest.newBuilder()
                                                                        .setPublisher(
                                                                                "publishers/pub-missing")
                                                                        .setPublicKeyPem(
                                                                                signer.pem())
                                                                        .build()))
                                .wireReason())
                .isEqualTo("RESOURCE_NOT_FOUND");
    }

    private void publish(SignedImageStatement.Builder statement) {
        peers.catalog("user/admin").createImageVersion(signer.sign(statement));
    }

    private ImageVersion resolve(String urn) {
        return peers.catalog("user/alice")
                .resolveImage(ResolveImageRequest.newBuilder().setUrn(urn).build())
                .getImageVersion();
    }
}
