package io.tlvm.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.longrunning.ListOperationsRequest;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;

import io.grpc.StatusRuntimeException;
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
import io.tlvm.compute.v1.SecurityProfile;
import io.tlvm.compute.v1.StartVirtualMachineRequest;
import io.tlvm.compute.v1.StopVirtualMachineRequest;
import io.tlvm.compute.v1.StoragePath;
import io.tlvm.compute.v1.StoragePathServiceGrpc;
import io.tlvm.compute.v1.UndeleteVirtualMachineRequest;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachineServiceGrpc;
import io.tlvm.compute.v1.WatchServiceGrpc;
import io.tlvm.compute.v1.WatchVirtualMachinesRequest;
import io.tlvm.compute.v1.WatchVirtualMachinesResponse;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.node.v1.ClusterServiceGrpc;
import io.tlvm.node.v1.GetOwnershipRequest;
import io.tlvm.node.v1.JoinRequest;
import io.tlvm.node.v1.NodeCapabilities;
import io.tlvm.node.v1.RenewRequest;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.type.v1.SecurityType;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApiTest {
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

    @ParameterizedTest
    @CsvSource({"false, true", "true, false", "false, false"})
    void trusted_launch_without_one_of_its_parts_is_refused_with_both_fields(
            boolean vtpm, boolean secureBoot) {
        var request = cluster.create("halved");
        request.getVirtualMachineBuilder()
                .setSecurityProfile(
                        SecurityProfile.newBuilder()
                                .setVtpmEnabled(vtpm)
                                .setSecureBootEnabled(secureBoot));
        RefusalView refusal = refused(() -> cluster.vms.createVirtualMachine(request.build()));
        assertThat(refusal.reason())
                .isEqualTo(ErrorReason.ERROR_REASON_TRUSTED_LAUNCH_REQUIRES_VTPM_AND_SECURE_BOOT);
        assertThat(refusal.violations())
                .extracting(BadRequest.FieldViolation::getField)
                .containsExactly(
                        "virtual_machine.security_profile.vtpm_enabled",
                        "virtual_machine.security_profile.secure_boot_enabled");
        assertThat(refusal.metadata()).containsEntry("vtpmEnabled", Boolean.toString(vtpm));
    }

    @Test
    void secure_boot_with_too_little_memory_is_refused_with_the_reason() {
        var request = cluster.create("small");
        request.getVirtualMachineBuilder().getHardwareProfileBuilder().setMemoryMib(383);
        RefusalView refusal = refused(() -> cluster.vms.createVirtualMachine(request.build()));
        assertThat(refusal.message()).contains("384 MiB");
        assertThat(refusal.violations().getFirst().getField())
                .isEqualTo("virtual_machine.hardware_profile.memory_mib");
    }

    @ParameterizedTest
    @CsvSource({
        "incapable, IMAGE_NOT_TRUSTED_LAUNCH_CAPABLE",
        "file,      IMAGE_NOT_FROM_MARKETPLACE",
        "empty,     IMAGE_HAS_NO_CONTENT",
        "missing,   IMAGE_NOT_FOUND"
    })
    void an_image_that_trusted_launch_cannot_use_is_refused_with_its_reason_and_leaves_nothing(
            String image, String reason) {
        var request = cluster.create("from-" + image);
        request.getVirtualMachineBuilder()
                .getStorageProfileBuilder()
                .setImage("projects/default/images/" + image);
        RefusalView refusal = refused(() -> cluster.vms.createVirtualMachine(request.build()));
        assertThat(refusal.wireReason()).isEqualTo(reason);
        assertThat(refused(() -> cluster.get("from-" + image)).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_VM_NOT_FOUND);

        RefusalView dryRun =
                refused(
                        () ->
                                cluster.vms.createVirtualMachine(
                                        request.setVirtualMachineId("dry")
                                                .setValidateOnly(true)
                                                .build()));
        assertThat(dryRun.wireReason()).isEqualTo(reason);
    }

    @Test
    void a_standard_vm_takes_a_file_and_has_no_vtpm_promised() {
        var request = cluster.create("standard");
        request.getVirtualMachineBuilder()
                .getStorageProfileBuilder()
                .setImage("projects/default/images/file");
        request.getVirtualMachineBuilder()
                .getSecurityProfileBuilder()
                .setSecurityType(SecurityType.SECURITY_TYPE_STANDARD);
        VirtualMachine vm = cluster.succeeded(cluster.vms.createVirtualMachine(request.build()));
        assertThat(vm.getEffectiveSecurityProfile().getVtpmEnabled()).isFalse();
        assertThat(vm.getEffectiveSecurityProfile().getSecureBootEnabled()).isFalse();
    }

    @Test
    void vbs_is_refused_with_a_reason_per_node_and_too_much_memory_with_what_is_free() {
        var vbs = cluster.create("vbs").setValidateOnly(true);
        vbs.getVirtualMachineBuilder().getSecurityProfileBuilder().setVbsEnabled(true);
        vbs.getVirtualMachineBuilder().getPlacementPolicyBuilder().setNode("nodes/node-e");
        RefusalView noVbs = refused(() -> cluster.vms.createVirtualMachine(vbs.build()));
        assertThat(noVbs.reason()).isEqualTo(ErrorReason.ERROR_REASON_VBS_NOT_AVAILABLE);
        assertThat(noVbs.metadata().get("reason"))
                .contains("node-e: the test has no nested virtualization");

        var huge = cluster.create("huge").setValidateOnly(true);
        huge.getVirtualMachineBuilder().getHardwareProfileBuilder().setMemoryMib(4_000_000);
        assertThat(refused(() -> cluster.vms.createVirtualMachine(huge.build())).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_NO_PLACEMENT);
        huge.getVirtualMachineBuilder().getPlacementPolicyBuilder().setNode("nodes/node-e");
        assertThat(refused(() -> cluster.vms.createVirtualMachine(huge.build())).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_INSUFFICIENT_CAPACITY);
    }

    @Test
    void a_dry_run_says_where_the_vm_would_go_and_changes_nothing() {
        var done =
                cluster.vms.createVirtualMachine(
                        cluster.create("dry-run").setValidateOnly(true).build());
        assertThat(done.getDone()).isTrue();
        assertThat(done.getName()).isEmpty();
        assertThat(refused(() -> cluster.get("dry-run")).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_VM_NOT_FOUND);
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

    @ParameterizedTest
    @ValueSource(strings = {"node-e", "catalog"})
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
                        .setNode("node-f")
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
                                                                cluster.as("node-e"))
                                                        .join(join))
                                .message())
                .contains("cannot speak for node node-f");
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
        var node = ClusterServiceGrpc.newBlockingStub(cluster.as("node-e"));
        RefusalView refusal =
                refused(
                        () ->
                                node.renew(
                                        RenewRequest.newBuilder()
                                                .setNode("node-e")
                                                .setBootId(UUID.randomUUID().toString())
                                                .build()));
        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_INVALID_STATE);
        assertThat(refusal.fix()).contains("join");
    }

    @Test
    void lists_are_paged_by_name_and_a_token_of_another_list_is_refused() {
        cluster.running("page-1");
        cluster.running("page-2");
        var first =
                cluster.vms.listVirtualMachines(
                        ListVirtualMachinesRequest.newBuilder()
                                .setParent("projects/default")
                                .setPageSize(1)
                                .build());
        assertThat(first.getVirtualMachinesList()).hasSize(1);
        var second =
                cluster.vms.listVirtualMachines(
                        ListVirtualMachinesRequest.newBuilder()
                                .setParent("projects/default")
                                .setPageSize(1)
                                .setPageToken(first.getNextPageToken())
                                .build());
        assertThat(second.getVirtualMachines(0).getName())
                .isGreaterThan(first.getVirtualMachines(0).getName());
        assertThat(
                        refused(
                                        () ->
                                                cluster.vms.listVirtualMachines(
                                                        ListVirtualMachinesRequest.newBuilder()
                                                                .setParent("projects/other")
                                                                .setPageToken(
                                                                        first.getNextPageToken())
                                                                .build()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_PAGE_TOKEN_INVALID);
        assertThat(
                        cluster.operations
                                .listOperations(
                                        ListOperationsRequest.newBuilder()
                                                .setName("projects/default")
                                                .setFilter(
                                                        "target=\""
                                                                + TestCluster.name("page-1")
                                                                + "\"")
                                                .build())
                                .getOperationsList())
                .hasSize(1);
    }

    @Test
    void a_watch_shows_what_is_there_then_what_changes_and_goes_on_where_it_ended() {
        cluster.running("watched");
        var watch =
                WatchServiceGrpc.newBlockingStub(cluster.as("alice"))
                        .withDeadlineAfter(30, TimeUnit.SECONDS);
        var events =
                watch.watchVirtualMachines(
                        WatchVirtualMachinesRequest.newBuilder()
                                .setParent("projects/default")
                                .build());
        String token = "";
        boolean seen = false;
        for (WatchVirtualMachinesResponse event = events.next(); ; event = events.next()) {
            seen |= event.getVirtualMachine().getName().equals(TestCluster.name("watched"));
            if (event.getType() == WatchVirtualMachinesResponse.Type.TYPE_BOOKMARK) {
                token = event.getResumeToken();
                break;
            }
            assertThat(event.getType()).isEqualTo(WatchVirtualMachinesResponse.Type.TYPE_ADDED);
        }
        assertThat(seen).isTrue();

        cluster.running("new-one");
        var resumed =
                watch.watchVirtualMachines(
                        WatchVirtualMachinesRequest.newBuilder()
                                .setParent("projects/default")
                                .setResumeToken(token)
                                .build());
        WatchVirtualMachinesResponse event = resumed.next();
        while (!event.getVirtualMachine().getName().equals(TestCluster.name("new-one"))) {
            event = resumed.next();
        }
        assertThat(event.getType()).isEqualTo(WatchVirtualMachinesResponse.Type.TYPE_ADDED);

        var foreign =
                watch.watchVirtualMachines(
                        WatchVirtualMachinesRequest.newBuilder()
                                .setParent("projects/default")
                                .setResumeToken("00000000-5")
                                .build());
        assertThat(refused(foreign::next).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_WATCH_EXPIRED);
    }

    private static List<String> violations(ThrowingCallable call) {
        RefusalView refusal = refused(call);
        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_VALIDATION_FAILED);
        return refusal.violations().stream().map(BadRequest.FieldViolation::getField).toList();
    }

    private static RefusalView refused(ThrowingCallable call) {
        StatusRuntimeException thrown = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(thrown).as("a refusal").isNotNull();
        return RefusalView.of(thrown);
    }
}
