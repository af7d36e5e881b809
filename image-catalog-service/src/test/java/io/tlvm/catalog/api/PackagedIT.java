package io.tlvm.catalog.api;

import static io.tlvm.foundation.refusal.Refused.invalid;
import static io.tlvm.foundation.refusal.Refused.refused;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.longrunning.Operation;
import com.google.longrunning.OperationsGrpc;
import com.google.longrunning.WaitOperationRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;

import io.grpc.ManagedChannel;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.tlvm.catalog.cluster.ScriptedEnvironment;
import io.tlvm.catalog.cluster.Signer;
import io.tlvm.catalog.cluster.Uploader;
import io.tlvm.catalog.v1.AddPublisherKeyRequest;
import io.tlvm.catalog.v1.CreateImageRequest;
import io.tlvm.catalog.v1.CreatePublisherRequest;
import io.tlvm.catalog.v1.Image;
import io.tlvm.catalog.v1.ImageBlobServiceGrpc;
import io.tlvm.catalog.v1.ImageCatalogServiceGrpc;
import io.tlvm.catalog.v1.ImageStoreServiceGrpc;
import io.tlvm.catalog.v1.ListPublishersRequest;
import io.tlvm.catalog.v1.Publisher;
import io.tlvm.catalog.v1.ReadContentRequest;
import io.tlvm.catalog.v1.ResolveImageRequest;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.outage.Outage;
import io.tlvm.foundation.outage.PostgresServer;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.type.v1.ErrorReason;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/**
 * The packaged catalog, such as the native executable, with the certificates and the database of a
 * deployment.
 */
@QuarkusIntegrationTest
@QuarkusTestResource(value = ScriptedEnvironment.class, restrictToAnnotatedClass = true)
class PackagedIT {
    private static final TrustDomain TRUST = new TrustDomain("tlvm.local");
    private static final String URN = "packaged:linux:server:1.0";

    private final List<ChannelFactory> channels = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // ScriptedEnvironment sets it
    private ScriptedEnvironment.Access access;

    @AfterEach
    void close() {
        channels.forEach(ChannelFactory::close);
    }

    @Test
    void a_published_version_with_its_content_becomes_an_image_that_a_node_reads()
            throws InvalidProtocolBufferException {
        byte[] bytes = Uploader.disk(1 << 20, 7);
        var signer = new Signer();
        var admin = ImageCatalogServiceGrpc.newBlockingStub(as("user/admin"));
        admin.createPublisher(
                CreatePublisherRequest.newBuilder()
                        .setPublisherId("packaged")
                        .setPublisher(Publisher.newBuilder().setDisplayName("Packaged"))
                        .build());
        admin.addPublisherKey(
                AddPublisherKeyRequest.newBuilder()
                        .setPublisher("publishers/packaged")
                        .setPublicKeyPem(signer.pem())
                        .build());
        admin.createImageVersion(signer.sign(Signer.statement(URN, bytes)));
        Uploader.send(as("user/admin"), Uploader.open(bytes).setUrn(URN).build(), bytes);

        Image image =
                done(ImageStoreServiceGrpc.newBlockingStub(as("user/alice"))
                                .createImage(
                                        CreateImageRequest.newBuilder()
                                                .setParent("projects/default")
                                                .setImageId("packaged")
                                                .setUrn(URN)
                                                .build()))
                        .getResponse()
                        .unpack(Image.class);

        assertThat(image.getState()).isEqualTo(Image.State.STATE_ACTIVE);
        assertThat(image.getTrustedLaunchSupported()).isTrue();
        var parts =
                ImageBlobServiceGrpc.newBlockingStub(as("node/node-a"))
                        .readContent(
                                ReadContentRequest.newBuilder()
                                        .setDigest(image.getDigest())
                                        .build());
        ByteString read = ByteString.EMPTY;
        while (parts.hasNext()) {
            read = read.concat(parts.next().getChunk());
        }
        assertThat(read.toByteArray()).isEqualTo(bytes);
    }

    @Test
    void the_rows_of_the_modelled_product_were_loaded_with_their_reasons() {
        var resolved =
                ImageCatalogServiceGrpc.newBlockingStub(as("user/alice"))
                        .resolveImage(
                                ResolveImageRequest.newBuilder()
                                        .setUrn(
                                                "MicrosoftWindowsDesktop:windows-11:win11-22h2-avd:latest")
                                        .build());
        assertThat(resolved.getImageVersion().getContentAvailable()).isFalse();
        assertThat(resolved.getImageVersion().getContentReason())
                .contains("tlvm image marketplace add-content");
    }

    @Test
    void a_request_that_breaks_rules_is_refused_with_the_field_named() {
        invalid(
                () ->
                        ImageStoreServiceGrpc.newBlockingStub(as("user/alice"))
                                .createImage(
                                        CreateImageRequest.newBuilder()
                                                .setParent("projects/default")
                                                .setImageId("Bad!")
                                                .setUrn(URN)
                                                .build()),
                "image_id");
    }

    @Test
    void a_certificate_of_another_authority_is_refused() {
        var view =
                refused(
                        () ->
                                ImageCatalogServiceGrpc.newBlockingStub(
                                                as("test/foreign/user/admin"))
                                        .listPublishers(
                                                ListPublishersRequest.getDefaultInstance()));
        assertThat(view.code()).isEqualTo(Code.UNAUTHENTICATED);
        assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_PEER_IDENTITY_UNTRUSTED);
    }

    @Test
    void a_database_that_is_away_is_named_and_one_that_is_back_is_used() {
        var catalog = ImageCatalogServiceGrpc.newBlockingStub(as("user/alice"));
        var request = ListPublishersRequest.getDefaultInstance();
        int before = catalog.listPublishers(request).getPublishersCount();
        var postgres = new PostgresServer(access.database());

        postgres.stop();
        try {
            Outage.isTheReasonOf(() -> catalog.listPublishers(request));
        } finally {
            postgres.start();
        }

        await().atMost(java.time.Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> catalog.listPublishers(request).getPublishersCount() >= before);
    }

    private Operation done(Operation operation) {
        Operation now =
                OperationsGrpc.newBlockingStub(as("user/alice"))
                        .waitOperation(
                                WaitOperationRequest.newBuilder()
                                        .setName(operation.getName())
                                        .setTimeout(Duration.newBuilder().setSeconds(25))
                                        .build());
        assertThat(now.getDone()).as(now.toString()).isTrue();
        return now;
    }

    /** A channel with the certificate in this directory of the PKI. */
    private ManagedChannel as(String identity) {
        var factory = new ChannelFactory(PkiDirectory.open(access.pki().resolve(identity)));
        channels.add(factory);
        return factory.channel(
                new HostPort("127.0.0.1", access.port()), TRUST.service("image-catalog-service"));
    }
}
