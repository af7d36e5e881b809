package io.tlvm.vm;

import static io.tlvm.foundation.refusal.Refused.refused;
import static io.tlvm.foundation.refusal.Refused.violations;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.CreateStoragePathRequest;
import io.tlvm.compute.v1.CreateVirtualMachineRequest;
import io.tlvm.compute.v1.DeleteVirtualMachineRequest;
import io.tlvm.compute.v1.GetNodeRequest;
import io.tlvm.compute.v1.GetVirtualMachineRequest;
import io.tlvm.compute.v1.ListNodesRequest;
import io.tlvm.compute.v1.ListVirtualMachinesRequest;
import io.tlvm.compute.v1.MigrateVirtualMachineRequest;
import io.tlvm.compute.v1.NodeServiceGrpc;
import io.tlvm.compute.v1.RestartVirtualMachineRequest;
import io.tlvm.compute.v1.StartVirtualMachineRequest;
import io.tlvm.compute.v1.StopVirtualMachineRequest;
import io.tlvm.compute.v1.StoragePath;
import io.tlvm.compute.v1.StoragePathServiceGrpc;
import io.tlvm.compute.v1.UndeleteVirtualMachineRequest;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.node.v1.ClusterServiceGrpc;
import io.tlvm.node.v1.GetOwnershipRequest;
import io.tlvm.node.v1.JoinRequest;
import io.tlvm.node.v1.RenewRequest;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import java.io.IOException;

/** What every request has to keep to before anything is decided. */
@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestRulesTest {
    private TestCluster cluster;

    @BeforeAll
    void start() throws IOException {
        cluster = new TestCluster("node-e", "node-f");
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void every_rpc_names_the_fields_that_break_its_rules() {
        var vms = cluster.vms;
        var nodes = NodeServiceGrpc.newBlockingStub(cluster.as("alice"));
        var paths = StoragePathServiceGrpc.newBlockingStub(cluster.as("admin"));
        var node = ClusterServiceGrpc.newBlockingStub(cluster.as("node-e"));
        assertThat(
                        violations(
                                () ->
                                        vms.createVirtualMachine(
                                                CreateVirtualMachineRequest.newBuilder()
                                                        .setVirtualMachineId("Bad!")
                                                        .build())))
                .contains("parent", "virtual_machine_id", "virtual_machine");
        assertThat(
                        violations(
                                () ->
                                        vms.createVirtualMachine(
                                                cluster.create("x").setRequestId("no").build())))
                .contains("request_id");
        var negative = cluster.create("x");
        negative.getVirtualMachineBuilder().getHardwareProfileBuilder().setVcpuCount(-1);
        assertThat(violations(() -> vms.createVirtualMachine(negative.build())))
                .contains("virtual_machine.hardware_profile.vcpu_count");
        var imageless = cluster.create("x");
        imageless.getVirtualMachineBuilder().getStorageProfileBuilder().clearImage();
        assertThat(violations(() -> vms.createVirtualMachine(imageless.build())))
                .contains("virtual_machine.storage_profile.image");
        assertThat(
                        violations(
                                () ->
                                        vms.getVirtualMachine(
                                                GetVirtualMachineRequest.getDefaultInstance())))
                .contains("name");
        assertThat(
                        violations(
                                () ->
                                        vms.listVirtualMachines(
                                                ListVirtualMachinesRequest.newBuilder()
                                                        .setPageSize(-1)
                                                        .build())))
                .contains("parent", "page_size");
        assertThat(
                        violations(
                                () ->
                                        vms.startVirtualMachine(
                                                StartVirtualMachineRequest.getDefaultInstance())))
                .contains("name");
        assertThat(
                        violations(
                                () ->
                                        vms.stopVirtualMachine(
                                                StopVirtualMachineRequest.newBuilder()
                                                        .setModeValue(99)
                                                        .build())))
                .contains("name", "mode");
        assertThat(
                        violations(
                                () ->
                                        vms.restartVirtualMachine(
                                                RestartVirtualMachineRequest.getDefaultInstance())))
                .contains("name");
        assertThat(
                        violations(
                                () ->
                                        vms.deleteVirtualMachine(
                                                DeleteVirtualMachineRequest.getDefaultInstance())))
                .contains("name");
        assertThat(
                        violations(
                                () ->
                                        vms.undeleteVirtualMachine(
                                                UndeleteVirtualMachineRequest
                                                        .getDefaultInstance())))
                .contains("name");
        assertThat(
                        violations(
                                () ->
                                        vms.migrateVirtualMachine(
                                                MigrateVirtualMachineRequest.newBuilder()
                                                        .setTargetNode("elsewhere")
                                                        .build())))
                .contains("name", "target_node");
        assertThat(violations(() -> nodes.getNode(GetNodeRequest.getDefaultInstance())))
                .contains("name");
        assertThat(
                        violations(
                                () ->
                                        nodes.listNodes(
                                                ListNodesRequest.newBuilder()
                                                        .setPageSize(-1)
                                                        .build())))
                .contains("page_size");
        assertThat(
                        violations(
                                () ->
                                        paths.createStoragePath(
                                                CreateStoragePathRequest.newBuilder()
                                                        .setStoragePath(
                                                                StoragePath.newBuilder()
                                                                        .setDirectory("relative"))
                                                        .build())))
                .contains("storage_path_id", "storage_path.directory");
        assertThat(
                        violations(
                                () ->
                                        paths.createStoragePath(
                                                CreateStoragePathRequest.newBuilder()
                                                        .setStoragePathId("dots")
                                                        .setStoragePath(
                                                                StoragePath.newBuilder()
                                                                        .setKind(
                                                                                StoragePath.Kind
                                                                                        .KIND_SHARED)
                                                                        .setDirectory(
                                                                                "/srv/../etc"))
                                                        .build())))
                .contains("storage_path.directory");
        assertThat(violations(() -> node.join(JoinRequest.getDefaultInstance())))
                .contains("node", "boot_id", "address", "capabilities");
        assertThat(violations(() -> node.renew(RenewRequest.getDefaultInstance())))
                .contains("node", "boot_id");
        assertThat(violations(() -> node.getOwnership(GetOwnershipRequest.getDefaultInstance())))
                .contains("vm_uid");
    }

    @Test
    void what_is_not_built_says_what_there_is_instead() {
        cluster.running("cold");
        assertThat(
                        refused(
                                        () ->
                                                cluster.vms.migrateVirtualMachine(
                                                        MigrateVirtualMachineRequest.newBuilder()
                                                                .setName(TestCluster.name("cold"))
                                                                .setMode(
                                                                        MigrateVirtualMachineRequest
                                                                                .Mode.MODE_COLD)
                                                                .build()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_FEATURE_NOT_AVAILABLE);
        var paths = StoragePathServiceGrpc.newBlockingStub(cluster.as("admin"));
        RefusalView local =
                refused(
                        () ->
                                paths.createStoragePath(
                                        CreateStoragePathRequest.newBuilder()
                                                .setStoragePathId("local")
                                                .setStoragePath(
                                                        StoragePath.newBuilder()
                                                                .setKind(
                                                                        StoragePath.Kind.KIND_LOCAL)
                                                                .setDirectory("/srv/local"))
                                                .build()));
        assertThat(local.code()).isEqualTo(Code.UNIMPLEMENTED);
        assertThat(local.message()).contains("KIND_SHARED");
    }
}
