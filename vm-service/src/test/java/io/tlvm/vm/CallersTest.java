package io.tlvm.vm;

import static io.tlvm.foundation.refusal.Refused.refused;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.CreateStoragePathRequest;
import io.tlvm.compute.v1.ListVirtualMachinesRequest;
import io.tlvm.compute.v1.StoragePath;
import io.tlvm.compute.v1.StoragePathServiceGrpc;
import io.tlvm.compute.v1.VirtualMachineServiceGrpc;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.node.v1.ClusterServiceGrpc;
import io.tlvm.node.v1.JoinRequest;
import io.tlvm.node.v1.NodeCapabilities;
import io.tlvm.node.v1.RenewRequest;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.util.UUID;

/** Who may call what. */
@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CallersTest {
    private TestCluster cluster;

    @BeforeAll
    void start() throws IOException {
        cluster = new TestCluster("node-k", "node-l");
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"node-k", "catalog"})
    void who_is_no_user_may_not_call_the_public_api(String identity) {
        var vms = VirtualMachineServiceGrpc.newBlockingStub(cluster.as(identity));
        assertThat(
                        refused(
                                        () ->
                                                vms.listVirtualMachines(
                                                        ListVirtualMachinesRequest.newBuilder()
                                                                .setParent("projects/default")
                                                                .build()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_PERMISSION_DENIED);
    }

    @Test
    void a_user_may_not_join_and_a_node_may_not_speak_for_another() {
        var join =
                JoinRequest.newBuilder()
                        .setNode("node-l")
                        .setBootId(UUID.randomUUID().toString())
                        .setAddress("127.0.0.1:1")
                        .setCapabilities(NodeCapabilities.getDefaultInstance())
                        .build();
        assertThat(
                        refused(
                                        () ->
                                                ClusterServiceGrpc.newBlockingStub(
                                                                cluster.as("alice"))
                                                        .join(join))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_PERMISSION_DENIED);
        assertThat(
                        refused(
                                        () ->
                                                ClusterServiceGrpc.newBlockingStub(
                                                                cluster.as("node-k"))
                                                        .join(join))
                                .message())
                .contains("cannot speak for node node-l");
        assertThat(
                        refused(
                                        () ->
                                                StoragePathServiceGrpc.newBlockingStub(
                                                                cluster.as("alice"))
                                                        .createStoragePath(
                                                                CreateStoragePathRequest
                                                                        .newBuilder()
                                                                        .setStoragePathId("mine")
                                                                        .setStoragePath(
                                                                                StoragePath
                                                                                        .newBuilder()
                                                                                        .setKind(
                                                                                                StoragePath
                                                                                                        .Kind
                                                                                                        .KIND_SHARED)
                                                                                        .setDirectory(
                                                                                                "/srv/mine"))
                                                                        .build()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_PERMISSION_DENIED);
    }

    @Test
    void a_certificate_of_another_authority_is_refused() {
        var vms = VirtualMachineServiceGrpc.newBlockingStub(cluster.as("foreign"));
        assertThat(
                        refused(
                                        () ->
                                                vms.listVirtualMachines(
                                                        ListVirtualMachinesRequest.newBuilder()
                                                                .setParent("projects/default")
                                                                .build()))
                                .code())
                .isEqualTo(Code.UNAUTHENTICATED);
    }

    @Test
    void a_node_that_was_started_again_has_to_join_first() {
        var node = ClusterServiceGrpc.newBlockingStub(cluster.as("node-k"));
        RefusalView refusal =
                refused(
                        () ->
                                node.renew(
                                        RenewRequest.newBuilder()
                                                .setNode("node-k")
                                                .setBootId(UUID.randomUUID().toString())
                                                .build()));
        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_INVALID_STATE);
        assertThat(refusal.fix()).contains("join");
    }
}
