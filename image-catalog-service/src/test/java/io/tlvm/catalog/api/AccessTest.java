package io.tlvm.catalog.api;

import static io.tlvm.foundation.refusal.Refused.refused;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;

import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.catalog.cluster.CatalogEnvironment;
import io.tlvm.catalog.cluster.Peers;
import io.tlvm.catalog.cluster.Signer;
import io.tlvm.catalog.cluster.Uploader;
import io.tlvm.catalog.v1.AddPublisherKeyRequest;
import io.tlvm.catalog.v1.CreateImageRequest;
import io.tlvm.catalog.v1.CreatePublisherRequest;
import io.tlvm.catalog.v1.DeleteImageRequest;
import io.tlvm.catalog.v1.GetUploadRequest;
import io.tlvm.catalog.v1.ListPublishersRequest;
import io.tlvm.catalog.v1.ReadContentRequest;
import io.tlvm.catalog.v1.ResolveImageRequest;

import jakarta.inject.Inject;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(CatalogEnvironment.class)
class AccessTest {
    private static final String DIGEST = "sha256:" + "1".repeat(64);
    private static final String NODE = "node/node-a/igvm-agent";

    @Inject Peers peers;

    @ParameterizedTest
    @ValueSource(strings = {"", "expired", "foreign", "other-domain"})
    void a_caller_without_a_valid_certificate_of_this_trust_domain_is_not_heard(String identity) {
        var view =
                refused(
                        () ->
                                peers.catalog(identity)
                                        .listPublishers(
                                                ListPublishersRequest.getDefaultInstance()));
        assertThat(view.code()).as(view.message()).isEqualTo(Code.UNAUTHENTICATED);
    }

    @Test
    void a_node_may_only_read_content() {
        var image =
                CreateImageRequest.newBuilder()
                        .setParent("projects/default")
                        .setImageId("a")
                        .setUrn("a:b:c:d");
        denied(
                () ->
                        peers.catalog(NODE)
                                .createPublisher(
                                        CreatePublisherRequest.newBuilder()
                                                .setPublisherId("node")
                                                .build()));
        denied(
                () ->
                        peers.catalog(NODE)
                                .createImageVersion(
                                        new Signer()
                                                .sign(Signer.statement("a:b:c:1", new byte[512]))));
        denied(
                () ->
                        peers.catalog(NODE)
                                .resolveImage(
                                        ResolveImageRequest.newBuilder()
                                                .setUrn("a:b:c:d")
                                                .build()));
        denied(() -> peers.store(NODE).createImage(image.build()));
        denied(
                () ->
                        peers.blobs(NODE)
                                .getUpload(
                                        GetUploadRequest.newBuilder().setDigest(DIGEST).build()));
        denied(
                () ->
                        new Uploader(peers.channel(NODE), Uploader.open(new byte[512]).build())
                                .answer());
        assertThat(
                        refused(
                                        () ->
                                                peers.blobs(NODE)
                                                        .readContent(
                                                                ReadContentRequest.newBuilder()
                                                                        .setDigest(DIGEST)
                                                                        .build())
                                                        .hasNext())
                                .code())
                .isEqualTo(Code.NOT_FOUND);
    }

    @Test
    void users_do_not_administer_publishers_or_read_content() {
        denied(
                () ->
                        peers.catalog("user/alice")
                                .createPublisher(
                                        CreatePublisherRequest.newBuilder()
                                                .setPublisherId("alice")
                                                .build()));
        denied(
                () ->
                        peers.catalog("user/alice")
                                .addPublisherKey(
                                        AddPublisherKeyRequest.newBuilder()
                                                .setPublisher("publishers/alice")
                                                .setPublicKeyPem(new Signer().pem())
                                                .build()));
        denied(
                () ->
                        peers.catalog("user/alice")
                                .createImageVersion(
                                        new Signer()
                                                .sign(Signer.statement("a:b:c:1", new byte[512]))));
        denied(
                () ->
                        peers.blobs("user/alice")
                                .readContent(
                                        ReadContentRequest.newBuilder().setDigest(DIGEST).build())
                                .hasNext());
    }

    @Test
    void vm_service_reads_and_changes_nothing() {
        assertThat(
                        peers.catalog("svc/vm-service")
                                .resolveImage(
                                        ResolveImageRequest.newBuilder()
                                                .setUrn(
                                                        "microsoftwindowsdesktop:windows-11:win11-22h2-avd:latest")
                                                .build())
                                .getImageVersion()
                                .getUrn())
                .endsWith(":22621.2428.231001");
        denied(
                () ->
                        peers.store("svc/vm-service")
                                .deleteImage(
                                        DeleteImageRequest.newBuilder()
                                                .setName("projects/default/images/a")
                                                .build()));
        denied(
                () ->
                        peers.blobs("svc/vm-service")
                                .readContent(
                                        ReadContentRequest.newBuilder().setDigest(DIGEST).build())
                                .hasNext());
    }

    @Test
    void another_service_may_nothing() {
        denied(
                () ->
                        peers.catalog("svc/stranger")
                                .resolveImage(
                                        ResolveImageRequest.newBuilder()
                                                .setUrn("a:b:c:d")
                                                .build()));
    }

    @Test
    void health_answers_every_authenticated_peer() {
        assertThat(
                        HealthGrpc.newBlockingStub(peers.channel(NODE))
                                .check(
                                        HealthCheckRequest.newBuilder()
                                                .setService("tlvm.catalog.v1.ImageCatalogService")
                                                .build())
                                .getStatus())
                .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
    }

    private static void denied(ThrowingCallable call) {
        var view = refused(call);
        assertThat(view.code()).as(view.message()).isEqualTo(Code.PERMISSION_DENIED);
        assertThat(view.exitCode()).isEqualTo(6);
    }
}
