package io.tlvm.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.rpc.Code;

import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;

import io.grpc.ManagedChannel;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.ListVirtualMachinesRequest;
import io.tlvm.compute.v1.VirtualMachineServiceGrpc;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.foundation.served.MalformedRequests;
import io.tlvm.foundation.served.ServedRpcs;
import io.tlvm.foundation.served.UncheckedClient;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Holds for every RPC that the server tells of; a new one is in without being named. */
@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EveryRpcTest {
    private TestCluster cluster;

    @BeforeAll
    void open() throws IOException {
        cluster = new TestCluster("node-q", "node-r");
    }

    @AfterAll
    void close() {
        cluster.close();
    }

    @Test
    void reflection_tells_what_is_served() {
        assertThat(ServedRpcs.services(cluster.as("alice")))
                .contains("grpc.health.v1.Health")
                .filteredOn(service -> !service.startsWith("grpc."))
                .containsExactlyInAnyOrder(
                        "tlvm.compute.v1.VirtualMachineService",
                        "tlvm.compute.v1.WatchService",
                        "tlvm.compute.v1.NodeService",
                        "tlvm.compute.v1.StoragePathService",
                        "tlvm.compute.v1.AuditService",
                        "tlvm.compute.v1.GuestStateService",
                        "tlvm.node.v1.ClusterService",
                        "google.longrunning.Operations");
    }

    @Test
    void every_rpc_refuses_nonsense_and_names_every_field() {
        var nonsense =
                new MalformedRequests(
                        List.of(cluster.as("admin"), cluster.as("node-q")),
                        Set.of(
                                // Asks for nothing in particular.
                                "tlvm.compute.v1.GetAuditHeadRequest",
                                // Looked at after the timeout is good.
                                "google.longrunning.WaitOperationRequest.name",
                                // Looked up: a name that no path has counts for nothing.
                                "tlvm.node.v1.JoinRequest.storage_paths",
                                "tlvm.node.v1.RenewRequest.storage_paths"));
        assertThat(nonsense.complaints()).isEmpty();
    }

    @Test
    void health_answers_users_and_nodes() {
        for (String caller : List.of("alice", "node-q")) {
            assertThat(
                            HealthGrpc.newBlockingStub(cluster.as(caller))
                                    .check(
                                            HealthCheckRequest.newBuilder()
                                                    .setService(
                                                            "tlvm.compute.v1.VirtualMachineService")
                                                    .build())
                                    .getStatus())
                    .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "expired", "foreign", "other-domain", "two-names"})
    void a_caller_without_a_valid_certificate_of_this_trust_domain_is_not_heard(String identity)
            throws IOException {
        ManagedChannel stranger =
                UncheckedClient.to(
                        cluster.port(),
                        Optional.of(identity)
                                .filter(name -> !name.isEmpty())
                                .map(cluster.directory()::resolve));
        try {
            RefusalView refusal =
                    RefusalView.of(
                            catchThrowable(
                                    () ->
                                            VirtualMachineServiceGrpc.newBlockingStub(stranger)
                                                    .listVirtualMachines(
                                                            ListVirtualMachinesRequest.newBuilder()
                                                                    .setParent("projects/default")
                                                                    .build())));
            assertThat(refusal.code()).as(refusal.message()).isEqualTo(Code.UNAUTHENTICATED);
        } finally {
            stranger.shutdownNow();
        }
    }
}
