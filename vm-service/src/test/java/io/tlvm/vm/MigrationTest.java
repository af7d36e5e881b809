package io.tlvm.vm;

import static io.tlvm.foundation.refusal.Refused.refused;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.longrunning.CancelOperationRequest;
import com.google.longrunning.Operation;
import com.google.protobuf.Duration;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.MigrateVirtualMachineRequest;
import io.tlvm.compute.v1.Migration;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachine.PowerState;
import io.tlvm.foundation.gate.Gates;
import io.tlvm.foundation.gate.HeldGates;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.world.Script;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import jakarta.inject.Inject;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.util.Map;

@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationTest {
    @Inject Gates gates;

    private TestCluster cluster;

    @BeforeAll
    void start() throws IOException {
        cluster = new TestCluster("node-c", "node-d");
    }

    @AfterEach
    void never_two() {
        assertThat(cluster.ranTwice()).isEmpty();
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @Test
    void a_vm_moves_and_its_record_says_how() {
        VirtualMachine before = cluster.running("mover");
        Operation end = cluster.ended(cluster.migrate("mover"));
        VirtualMachine after = cluster.succeeded(end);

        assertThat(after.getNode()).isEqualTo("nodes/node-d");
        assertThat(after.getPowerState()).isEqualTo(PowerState.POWER_STATE_RUNNING);
        assertThat(after.getMacAddress()).isEqualTo(before.getMacAddress());
        assertThat(after.getGuestState().getEkFingerprint())
                .isEqualTo(before.getGuestState().getEkFingerprint());
        assertThat(cluster.second.runs(after.getUid())).isTrue();
        assertThat(cluster.first.runs(after.getUid())).isFalse();

        Migration record = after.getLastMigration();
        assertThat(TestCluster.migration(end)).isEqualTo(record);
        assertThat(record.getState()).isEqualTo(Migration.State.STATE_SUCCEEDED);
        assertThat(record.getSourceDestroyed()).isTrue();
        assertThat(record.getEpochBefore()).isEqualTo(2);
        assertThat(record.getEpochAfter()).isEqualTo(3);
        assertThat(record.getDigest()).startsWith("sha256:cdcd");
        assertThat(record.getQemuDowntime().getNanos()).isEqualTo(50_000_000);
        assertThat(record.getPreSwitchover().getNanos()).isEqualTo(2_000_000);
        assertThat(record.getAdopt().getNanos()).isEqualTo(4_000_000);
        assertThat(record.getPause().getNanos()).isEqualTo(54_000_000);
        assertThat(record.getPhasesList())
                .extracting(io.tlvm.compute.v1.PhaseTime::getState)
                .containsExactly(
                        Migration.State.STATE_PREPARING,
                        Migration.State.STATE_TRANSFERRING,
                        Migration.State.STATE_SWITCHING_OVER,
                        Migration.State.STATE_COMMITTING,
                        Migration.State.STATE_ADOPTING,
                        Migration.State.STATE_RETIRING,
                        Migration.State.STATE_SUCCEEDED);
    }

    @ParameterizedTest
    @CsvSource({
        "PrepareIncoming, target, PREPARING",
        "BeginOutgoing,   source, TRANSFERRING",
        "Continue,        source, SWITCHING_OVER",
        "ConfirmLoaded,   target, COMMITTING"
    })
    void a_step_that_is_refused_rolls_back_and_the_guest_runs_on(
            String rpc, String side, String phase) {
        String id = "back-" + rpc.toLowerCase(java.util.Locale.ROOT);
        VirtualMachine vm = cluster.running(id);
        (side.equals("target") ? cluster.second : cluster.first)
                .script(rpc, new Script.Fail(ErrorReason.ERROR_REASON_HYPERVISOR_FAILED));

        RefusalView refusal = cluster.failed(cluster.migrate(id));
        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_MIGRATION_ROLLED_BACK);
        assertThat(refusal.metadata())
                .containsEntry("phase", phase)
                .containsEntry("vmStillRunningOn", "node-c");
        VirtualMachine after = cluster.get(id);
        assertThat(after.getPowerState()).isEqualTo(PowerState.POWER_STATE_RUNNING);
        assertThat(after.getNode()).isEqualTo("nodes/node-c");
        assertThat(after.getLastMigration().getState())
                .isEqualTo(Migration.State.STATE_ROLLED_BACK);
        assertThat(after.getGuestState().getEpoch()).isEqualTo(4);
        assertThat(cluster.first.runs(vm.getUid())).isTrue();

        assertThat(cluster.succeeded(cluster.migrate(id)).getNode()).isEqualTo("nodes/node-d");
    }

    @ParameterizedTest
    @CsvSource({
        "PrepareIncoming, target",
        "BeginOutgoing, source",
        "Continue, source",
        "ConfirmLoaded, target",
        "Run.ADOPT, target",
        "Retire, source"
    })
    void a_step_whose_answer_was_lost_is_repeated_and_the_move_succeeds(String rpc, String side) {
        String id = "lost-" + rpc.toLowerCase(java.util.Locale.ROOT).replace('.', '-');
        cluster.running(id);
        (side.equals("target") ? cluster.second : cluster.first)
                .script(rpc, new Script.LoseAnswer());

        VirtualMachine after = cluster.succeeded(cluster.migrate(id));
        assertThat(after.getNode()).isEqualTo("nodes/node-d");
        assertThat(after.getLastMigration().getState()).isEqualTo(Migration.State.STATE_SUCCEEDED);
    }

    @Test
    void a_source_agent_that_restarts_after_its_promise_does_not_undo_the_move()
            throws InterruptedException {
        VirtualMachine vm = cluster.running("promised");
        hold("vm.SWITCH_OVER.after");
        Operation operation = cluster.migrate("promised");
        stands("vm.SWITCH_OVER.after");
        cluster.first.kill();
        cluster.first.restart();
        release("vm.SWITCH_OVER.after");

        assertThat(cluster.succeeded(operation).getNode()).isEqualTo("nodes/node-d");
        assertThat(cluster.second.runs(vm.getUid())).isTrue();
    }

    @Test
    void a_source_agent_that_restarts_while_it_sends_ends_the_attempt_and_keeps_the_guest()
            throws InterruptedException {
        VirtualMachine vm = cluster.running("restarted");
        hold("vm.TRANSFER.after");
        Operation operation = cluster.migrate("restarted");
        stands("vm.TRANSFER.after");
        cluster.first.kill();
        cluster.first.restart();
        release("vm.TRANSFER.after");

        assertThat(cluster.failed(operation).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_MIGRATION_ROLLED_BACK);
        assertThat(cluster.first.runs(vm.getUid())).isTrue();
    }

    @Test
    void a_target_that_lost_its_copy_before_it_claimed_gives_the_guest_back_with_its_memory()
            throws InterruptedException {
        VirtualMachine vm = cluster.running("returned");
        hold("vm.ADOPT.before");
        Operation operation = cluster.migrate("returned");
        stands("vm.ADOPT.before");
        cluster.second.endGuest(vm.getUid());
        release("vm.ADOPT.before");

        RefusalView refusal = cluster.failed(operation);
        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_MIGRATION_ROLLED_BACK);
        assertThat(refusal.metadata()).containsEntry("phase", "ADOPTING");
        VirtualMachine after = cluster.get("returned");
        assertThat(after.getNode()).isEqualTo("nodes/node-c");
        assertThat(after.getPowerState()).isEqualTo(PowerState.POWER_STATE_RUNNING);
        assertThat(cluster.first.runs(vm.getUid())).isTrue();
    }

    @Test
    void a_cancel_before_the_commit_leaves_the_guest_where_it_was() throws InterruptedException {
        VirtualMachine vm = cluster.running("cancelled");
        cluster.first.hold("BeginOutgoing");
        Operation operation = cluster.migrate("cancelled");
        cluster.first.awaitHeld("BeginOutgoing");
        assertThat(cluster.get("cancelled").getPowerState())
                .isEqualTo(PowerState.POWER_STATE_MIGRATING);

        var unused =
                cluster.operations.cancelOperation(
                        CancelOperationRequest.newBuilder().setName(operation.getName()).build());
        RefusalView refusal = cluster.failed(operation);
        cluster.first.release("BeginOutgoing");

        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_OPERATION_CANCELLED);
        assertThat(cluster.get("cancelled").getLastMigration().getState())
                .isEqualTo(Migration.State.STATE_CANCELLED);
        assertThat(cluster.first.runs(vm.getUid())).isTrue();
    }

    @Test
    void a_move_that_takes_too_long_is_rolled_back_at_its_deadline() throws InterruptedException {
        cluster.running("slow-move");
        cluster.first.hold("BeginOutgoing");
        Operation operation =
                cluster.vms.migrateVirtualMachine(
                        MigrateVirtualMachineRequest.newBuilder()
                                .setName(TestCluster.name("slow-move"))
                                .setTargetNode("nodes/node-d")
                                .setTimeout(Duration.newBuilder().setSeconds(2))
                                .build());
        RefusalView refusal = cluster.failed(operation);
        cluster.first.release("BeginOutgoing");

        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_MIGRATION_ROLLED_BACK);
        assertThat(refusal.message()).contains("deadline");
    }

    @Test
    void a_move_to_where_the_vm_is_already_is_refused_with_the_reason() {
        cluster.running("here");
        RefusalView refusal =
                refused(
                        () ->
                                cluster.vms.migrateVirtualMachine(
                                        MigrateVirtualMachineRequest.newBuilder()
                                                .setName(TestCluster.name("here"))
                                                .setTargetNode("nodes/node-c")
                                                .build()));
        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_MIGRATION_NOT_POSSIBLE);
        assertThat(refusal.metadata())
                .containsAllEntriesOf(Map.of("condition", "same_node", "targetNode", "node-c"));
    }

    private void hold(String gate) {
        ((HeldGates) gates).hold(gate);
    }

    private void stands(String gate) throws InterruptedException {
        assertThat(((HeldGates) gates).awaitStanding(gate, java.time.Duration.ofSeconds(20)))
                .isTrue();
    }

    private void release(String gate) {
        ((HeldGates) gates).release(gate);
    }
}
