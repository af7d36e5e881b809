package io.tlvm.vm;

import static io.tlvm.foundation.refusal.Refused.refused;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;

import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.DeleteVirtualMachineRequest;
import io.tlvm.compute.v1.RestartVirtualMachineRequest;
import io.tlvm.compute.v1.StartVirtualMachineRequest;
import io.tlvm.compute.v1.StopVirtualMachineRequest;
import io.tlvm.compute.v1.UndeleteVirtualMachineRequest;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachine.PowerState;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.type.v1.SecurityType;
import io.tlvm.vm.world.Script;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LifecycleTest {
    private TestCluster cluster;

    @BeforeAll
    void start() throws IOException {
        cluster = new TestCluster("node-a", "node-b");
    }

    @AfterAll
    void stop() {
        assertThat(cluster.ranTwice()).isEmpty();
        cluster.close();
    }

    @Test
    void a_vm_without_a_word_about_security_gets_trusted_launch_and_runs() {
        VirtualMachine vm = cluster.running("plain");

        assertThat(vm.getState()).isEqualTo(VirtualMachine.State.STATE_ACTIVE);
        assertThat(vm.getPowerState()).isEqualTo(PowerState.POWER_STATE_RUNNING);
        assertThat(vm.getNode()).isEqualTo("nodes/node-a");
        assertThat(vm.getEffectiveSecurityProfile().getSecurityType())
                .isEqualTo(SecurityType.SECURITY_TYPE_TRUSTED_LAUNCH);
        assertThat(vm.getEffectiveSecurityProfile().getVtpmEnabled()).isTrue();
        assertThat(vm.getEffectiveSecurityProfile().getSecureBootEnabled()).isTrue();
        assertThat(vm.getStorageProfile().getImageDigest()).startsWith("sha256:abab");
        assertThat(vm.getGuestState().getEkVerified())
                .as("its issuer is the cluster's, but it is of no endorsement key")
                .isFalse();
        assertThat(vm.getGuestState().getEpoch()).isEqualTo(2);
        assertThat(vm.getMacAddress()).matches("52:54:00(:[0-9a-f]{2}){3}");
        assertThat(vm.getAttestationStatus().getHealthStatus()).isEqualTo("NOT_AVAILABLE");
        assertThat(vm.getCreator()).isEqualTo("spiffe://tlvm.test/user/alice");
        assertThat(cluster.first.runs(vm.getUid())).isTrue();
    }

    /** The node's next report may be seconds away. */
    @Test
    void where_a_guest_runs_is_known_when_its_start_is_done() {
        VirtualMachine vm = cluster.running("located");

        assertThat(vm.getGuestState().getEpoch()).isEqualTo(2);
        assertThat(vm.getDebug().getRunDirectory()).isEqualTo("/run/guest.2");
    }

    @Test
    void a_vm_is_visible_while_it_is_created() throws InterruptedException {
        cluster.first.hold("CreateState");
        cluster.second.hold("CreateState");
        var operation = cluster.vms.createVirtualMachine(cluster.create("slow").build());

        VirtualMachine vm = cluster.get("slow");
        assertThat(vm.getState()).isEqualTo(VirtualMachine.State.STATE_CREATING);
        assertThat(vm.getCurrentOperation()).isEqualTo(operation.getName());

        cluster.first.release("CreateState");
        cluster.second.release("CreateState");
        cluster.succeeded(operation);
        assertThat(cluster.get("slow").getCurrentOperation()).isEmpty();
    }

    @Test
    void a_create_whose_answer_was_lost_makes_one_tpm_only() {
        cluster.first.script("CreateState", new Script.LoseAnswer());
        VirtualMachine vm = cluster.running("lost-answer");

        assertThat(vm.getGuestState().getStateRef()).startsWith("g1-");
        assertThat(vm.getPowerState()).isEqualTo(PowerState.POWER_STATE_RUNNING);
    }

    @Test
    void a_create_that_the_node_refuses_fails_with_the_nodes_reason_and_can_be_deleted() {
        cluster.first.script(
                "PrepareDisks", new Script.Fail(ErrorReason.ERROR_REASON_HOST_NOT_READY));
        var request = cluster.create("refused");
        request.getVirtualMachineBuilder().getPlacementPolicyBuilder().setNode("nodes/node-a");

        RefusalView refusal = cluster.failed(cluster.vms.createVirtualMachine(request.build()));
        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_HOST_NOT_READY);
        assertThat(refusal.metadata())
                .containsEntry("step", "PREPARE_DISKS")
                .containsEntry("node", "node-a");
        VirtualMachine vm = cluster.get("refused");
        assertThat(vm.getState()).isEqualTo(VirtualMachine.State.STATE_FAILED);
        assertThat(vm.getLastError().getMessage()).isEqualTo(refusal.message());

        int purges = cluster.first.called("Purge");
        cluster.succeeded(delete("refused", false, 3600));
        assertThat(refused(() -> cluster.get("refused")).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_VM_NOT_FOUND);
        assertThat(cluster.first.called("Purge"))
                .as("what was made is purged at once, whatever the retention says")
                .isEqualTo(purges + 1);
        cluster.running("refused");
    }

    @Test
    void stop_and_start_keep_the_directory_and_raise_the_epoch() {
        cluster.running("updown");
        VirtualMachine stopped =
                cluster.succeeded(stop("updown", StopVirtualMachineRequest.Mode.MODE_GRACEFUL, 30));
        assertThat(stopped.getPowerState()).isEqualTo(PowerState.POWER_STATE_STOPPED);
        assertThat(cluster.first.runs(stopped.getUid())).isFalse();

        VirtualMachine again =
                cluster.succeeded(stop("updown", StopVirtualMachineRequest.Mode.MODE_GRACEFUL, 30));
        assertThat(again.getGuestState().getRowVersion())
                .isEqualTo(stopped.getGuestState().getRowVersion());

        VirtualMachine started = cluster.succeeded(start("updown"));
        assertThat(started.getPowerState()).isEqualTo(PowerState.POWER_STATE_RUNNING);
        assertThat(started.getGuestState().getEpoch()).isEqualTo(3);
        assertThat(started.getGuestState().getStateRef())
                .isEqualTo(stopped.getGuestState().getStateRef());

        VirtualMachine same = cluster.succeeded(start("updown"));
        assertThat(same.getGuestState().getEpoch()).isEqualTo(3);
    }

    @Test
    void a_guest_that_ignores_the_power_button_is_ended_after_the_timeout() {
        VirtualMachine vm = cluster.running("stubborn");
        cluster.first.ignorePowerButton(vm.getUid());

        VirtualMachine stopped =
                cluster.succeeded(
                        stop("stubborn", StopVirtualMachineRequest.Mode.MODE_GRACEFUL, 1));
        assertThat(stopped.getPowerState()).isEqualTo(PowerState.POWER_STATE_STOPPED);
    }

    @Test
    void a_restart_ends_with_a_new_epoch() {
        cluster.running("again");
        VirtualMachine vm =
                cluster.succeeded(
                        cluster.vms.restartVirtualMachine(
                                RestartVirtualMachineRequest.newBuilder()
                                        .setName(TestCluster.name("again"))
                                        .build()));
        assertThat(vm.getPowerState()).isEqualTo(PowerState.POWER_STATE_RUNNING);
        assertThat(vm.getGuestState().getEpoch()).isEqualTo(3);
    }

    @Test
    void a_guest_that_ends_by_itself_is_shown_stopped() {
        VirtualMachine vm = cluster.running("ends");
        cluster.first.endGuest(vm.getUid());
        Awaitility.await()
                .until(() -> cluster.get("ends").getPowerState() == PowerState.POWER_STATE_STOPPED);
    }

    @Test
    void a_running_vm_is_not_deleted_without_force_and_a_deleted_one_comes_back() {
        cluster.running("keep");
        assertThat(refused(() -> delete("keep", false, 600)).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_INVALID_POWER_STATE);

        VirtualMachine deleted = cluster.succeeded(delete("keep", true, 600));
        assertThat(deleted.getState()).isEqualTo(VirtualMachine.State.STATE_DELETED);
        assertThat(deleted.hasPurgeTime()).isTrue();
        assertThat(refused(() -> start("keep")).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_INVALID_STATE);
        assertThat(refused(() -> delete("keep", false, 600)).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_VM_NOT_FOUND);

        VirtualMachine back =
                cluster.succeeded(
                        cluster.vms.undeleteVirtualMachine(
                                UndeleteVirtualMachineRequest.newBuilder()
                                        .setName(TestCluster.name("keep"))
                                        .build()));
        assertThat(back.getState()).isEqualTo(VirtualMachine.State.STATE_ACTIVE);
        assertThat(back.hasDeleteTime()).isFalse();
        assertThat(cluster.succeeded(start("keep")).getPowerState())
                .isEqualTo(PowerState.POWER_STATE_RUNNING);
    }

    @Test
    void a_delete_without_retention_purges_every_node_that_held_state_and_frees_the_name() {
        cluster.running("gone");
        cluster.succeeded(cluster.migrate("gone"));
        int before = cluster.first.called("Purge");

        cluster.succeeded(delete("gone", true, 0));
        assertThat(refused(() -> cluster.get("gone")).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_VM_NOT_FOUND);
        assertThat(cluster.first.called("Purge")).isGreaterThan(before);
        assertThat(cluster.running("gone").getPowerState())
                .isEqualTo(PowerState.POWER_STATE_RUNNING);
    }

    @Test
    void of_32_callers_one_wins_and_the_others_learn_which_operation_is_in_the_way()
            throws Exception {
        cluster.running("raced");
        cluster.succeeded(stop("raced", StopVirtualMachineRequest.Mode.MODE_FORCED, 0));
        cluster.first.hold("Run.COLD");
        Callable<String> caller =
                () -> {
                    try {
                        return "won " + start("raced").getName();
                    } catch (StatusRuntimeException lost) {
                        RefusalView view = RefusalView.of(lost);
                        return view.reason() + " " + view.metadata().get("operation");
                    }
                };
        List<String> answers;
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> calls =
                    IntStream.range(0, 32).mapToObj(i -> callers.submit(caller)).toList();
            answers = calls.stream().map(LifecycleTest::result).toList();
        }
        String winner =
                answers.stream().filter(a -> a.startsWith("won ")).findFirst().orElseThrow();
        assertThat(answers).filteredOn(a -> a.startsWith("won ")).hasSize(1);
        assertThat(answers)
                .filteredOn(a -> !a.startsWith("won "))
                .hasSize(31)
                .containsOnly(
                        "ERROR_REASON_OPERATION_IN_PROGRESS " + winner.substring("won ".length()));
        cluster.first.release("Run.COLD");
    }

    @Test
    void a_repeated_request_gets_the_first_answer_and_another_body_is_refused() {
        String id = UUID.randomUUID().toString();
        var request = cluster.create("once").setRequestId(id).build();
        var operation = cluster.vms.createVirtualMachine(request);
        assertThat(cluster.vms.createVirtualMachine(request).getName())
                .isEqualTo(operation.getName());
        cluster.succeeded(operation);
        assertThat(cluster.vms.createVirtualMachine(request).getDone()).isTrue();

        var other = cluster.create("twice").setRequestId(id).build();
        assertThat(refused(() -> cluster.vms.createVirtualMachine(other)).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_REQUEST_ID_REUSED);
        assertThat(
                        refused(
                                        () ->
                                                cluster.vms.createVirtualMachine(
                                                        cluster.create("once").build()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_ALREADY_EXISTS);
    }

    private com.google.longrunning.Operation start(String id) {
        return cluster.vms.startVirtualMachine(
                StartVirtualMachineRequest.newBuilder().setName(TestCluster.name(id)).build());
    }

    private com.google.longrunning.Operation stop(
            String id, StopVirtualMachineRequest.Mode mode, int seconds) {
        return cluster.vms.stopVirtualMachine(
                StopVirtualMachineRequest.newBuilder()
                        .setName(TestCluster.name(id))
                        .setMode(mode)
                        .setTimeout(Duration.newBuilder().setSeconds(seconds))
                        .build());
    }

    private com.google.longrunning.Operation delete(String id, boolean force, int retainSeconds) {
        return cluster.vms.deleteVirtualMachine(
                DeleteVirtualMachineRequest.newBuilder()
                        .setName(TestCluster.name(id))
                        .setForce(force)
                        .setRetain(Duration.newBuilder().setSeconds(retainSeconds))
                        .build());
    }

    private static String result(Future<String> call) {
        try {
            return call.get();
        } catch (InterruptedException | ExecutionException failed) {
            throw new AssertionError(failed);
        }
    }
}
