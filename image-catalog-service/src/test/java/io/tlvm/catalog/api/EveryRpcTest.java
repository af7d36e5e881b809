package io.tlvm.catalog.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.catalog.cluster.CatalogEnvironment;
import io.tlvm.catalog.cluster.Peers;
import io.tlvm.foundation.served.MalformedRequests;
import io.tlvm.foundation.served.ServedRpcs;

import jakarta.inject.Inject;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Set;

/** Holds for every RPC that the server tells of; a new one is in without being named. */
@QuarkusTest
@QuarkusTestResource(CatalogEnvironment.class)
class EveryRpcTest {

    @Inject Peers peers;

    @Test
    void reflection_tells_what_is_served() {
        assertThat(ServedRpcs.services(peers.channel("user/alice")))
                .contains("grpc.health.v1.Health")
                .filteredOn(service -> !service.startsWith("grpc."))
                .containsExactlyInAnyOrder(
                        "tlvm.catalog.v1.ImageCatalogService",
                        "tlvm.catalog.v1.ImageStoreService",
                        "tlvm.catalog.v1.ImageBlobService",
                        "google.longrunning.Operations");
    }

    @Test
    void every_rpc_refuses_nonsense_and_names_every_field() {
        var nonsense =
                new MalformedRequests(
                        List.of(
                                peers.channel("user/admin"),
                                peers.channel("node/node-a/igvm-agent")),
                        Set.of(
                                // Looked at after the rest is good.
                                "google.longrunning.WaitOperationRequest.name",
                                "tlvm.catalog.v1.AddPublisherKeyRequest.public_key_pem",
                                "tlvm.catalog.v1.CreateImageVersionRequest.statement"));
        assertThat(nonsense.complaints()).isEmpty();
    }
}
