package io.tlvm.vm;

import static io.tlvm.foundation.refusal.Refused.refused;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.BadRequest;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.SecurityProfile;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.type.v1.SecurityType;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;

/** What a VM may be made of, and where it may go. */
@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CreateRulesTest {
    private TestCluster cluster;

    @BeforeAll
    void start() throws IOException {
        cluster = new TestCluster("node-i", "node-j");
    }

    @AfterAll
    void stop() {
        cluster.close();
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
        vbs.getVirtualMachineBuilder().getPlacementPolicyBuilder().setNode("nodes/node-i");
        RefusalView noVbs = refused(() -> cluster.vms.createVirtualMachine(vbs.build()));
        assertThat(noVbs.reason()).isEqualTo(ErrorReason.ERROR_REASON_VBS_NOT_AVAILABLE);
        assertThat(noVbs.metadata().get("reason"))
                .contains("node-i: the test has no nested virtualization");

        var huge = cluster.create("huge").setValidateOnly(true);
        huge.getVirtualMachineBuilder().getHardwareProfileBuilder().setMemoryMib(4_000_000);
        assertThat(refused(() -> cluster.vms.createVirtualMachine(huge.build())).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_NO_PLACEMENT);
        huge.getVirtualMachineBuilder().getPlacementPolicyBuilder().setNode("nodes/node-i");
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
}
