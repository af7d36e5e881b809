package io.tlvm.vm;

import static io.tlvm.foundation.refusal.Refused.refused;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.longrunning.Operation;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.compute.v1.Condition;
import io.tlvm.compute.v1.ConfirmFencedRequest;
import io.tlvm.compute.v1.FenceNodeRequest;
import io.tlvm.compute.v1.GetNodeRequest;
import io.tlvm.compute.v1.Node;
import io.tlvm.compute.v1.NodeServiceGrpc;
import io.tlvm.compute.v1.OperatorsWord;
import io.tlvm.compute.v1.StopVirtualMachineRequest;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachine.PowerState;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.world.Script;
import io.tlvm.vm.world.TestAgent;
import io.tlvm.vm.world.TestCluster;
import io.tlvm.vm.world.World;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Predicate;

@QuarkusTest
@QuarkusTestResource(World.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FencingTest {
    private TestCluster cluster;
    private NodeServiceGrpc.NodeServiceBlockingStub nodes;

    @BeforeAll
    void start() throws IOException {
        cluster = new TestCluster("node-v", "node-w");
        nodes = NodeServiceGrpc.newBlockingStub(cluster.as("admin"));
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
    void a_vm_of_a_dead_node_comes_back_on_another_with_its_tpm_and_its_node_comes_back_clean() {
        VirtualMachine before = cluster.running("lost");
        cluster.first.powerOff();

        assertThat(fence(cluster.first).getState()).isEqualTo(Node.State.STATE_FENCING);
        assertThat(cluster.get("lost").getNode()).isEqualTo(name(cluster.first));
        assertThat(cluster.get("lost").getPowerState()).isEqualTo(PowerState.POWER_STATE_UNKNOWN);
        Node dead = confirm(cluster.first);
        assertThat(dead.getState()).isEqualTo(Node.State.STATE_FENCED);
        assertThat(dead.getConditionsList())
                .singleElement()
                .satisfies(
                        condition ->
                                assertThat(condition.getMessage())
                                        .contains("user/admin", "plug pulled"));

        VirtualMachine after = await("lost", vm -> runsOn(vm, cluster.second));
        assertThat(after.getGuestState().getEkFingerprint())
                .isEqualTo(before.getGuestState().getEkFingerprint());
        assertThat(after.getGuestState().getStateRef())
                .isNotEqualTo(before.getGuestState().getStateRef());
        assertThat(recoverable(after).getStatus()).isEqualTo("True");

        cluster.first.restart();
        assertThat(node(cluster.first).getState()).isEqualTo(Node.State.STATE_UP);
        Awaitility.await().until(() -> cluster.first.called("Retire") > 0);
        assertThat(cluster.first.runs(after.getUid())).isFalse();
        assertThat(cluster.second.runs(after.getUid())).isTrue();
    }

    @Test
    void a_stopped_vm_of_a_dead_node_comes_back_stopped_and_starts_elsewhere() {
        cluster.running("rests");
        cluster.succeeded(
                cluster.vms.stopVirtualMachine(
                        StopVirtualMachineRequest.newBuilder()
                                .setName(TestCluster.name("rests"))
                                .build()));
        lose(cluster.first);

        VirtualMachine after = await("rests", vm -> vm.getNode().equals(name(cluster.second)));
        assertThat(after.getPowerState()).isEqualTo(PowerState.POWER_STATE_STOPPED);
        assertThat(after.getGuestState().getPhase()).isEqualTo("STOPPED");
        cluster.first.restart();
    }

    @Test
    void a_node_that_renews_is_given_up_by_force_alone() {
        assertThat(refused(() -> fence(cluster.second, false)).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_NODE_STILL_RENEWS);
        assertThat(refused(() -> confirm(cluster.second)).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_INVALID_STATE);
        assertThat(node(cluster.second).getState()).isEqualTo(Node.State.STATE_UP);
    }

    @Test
    void a_user_who_is_no_administrator_gives_no_node_up() {
        var alice = NodeServiceGrpc.newBlockingStub(cluster.as("alice"));

        assertThat(
                        refused(
                                        () ->
                                                alice.fenceNode(
                                                        FenceNodeRequest.newBuilder()
                                                                .setName(name(cluster.second))
                                                                .setReason("mine")
                                                                .build()))
                                .reason())
                .isEqualTo(ErrorReason.ERROR_REASON_PERMISSION_DENIED);
    }

    @Test
    void a_node_that_is_given_up_joins_neither_before_its_death_is_confirmed_nor_uncleaned() {
        cluster.running("held");
        cluster.first.powerOff();
        fence(cluster.first);

        assertThat(refused(cluster.first::joinUncleaned).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_NODE_FENCING);
        confirm(cluster.first);
        await("held", vm -> runsOn(vm, cluster.second));
        assertThat(refused(cluster.first::joinUncleaned).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_INVALID_STATE);
        cluster.first.restart();
        assertThat(node(cluster.first).getState()).isEqualTo(Node.State.STATE_UP);
    }

    @Test
    void an_owner_that_is_back_before_its_vm_was_recovered_gets_it_back() throws Exception {
        cluster.running("early");
        cluster.second.hold("StoreFromStateRef");
        lose(cluster.first);
        cluster.second.awaitHeld("StoreFromStateRef");

        cluster.first.restart();
        VirtualMachine after = await("early", vm -> runsOn(vm, cluster.first));
        cluster.second.release("StoreFromStateRef");
        assertThat(after.getPowerState()).isEqualTo(PowerState.POWER_STATE_RUNNING);
        assertThat(cluster.second.runs(after.getUid())).isFalse();
    }

    @Test
    void a_target_that_refuses_is_passed_over_for_another_one() {
        try (TestAgent third = cluster.join("node-x")) {
            cluster.running("twice");
            cluster.second.script(
                    "StoreFromStateRef", new Script.Fail(ErrorReason.ERROR_REASON_STORAGE_FULL));
            third.script(
                    "StoreFromStateRef", new Script.Fail(ErrorReason.ERROR_REASON_STORAGE_FULL));
            lose(cluster.first);

            VirtualMachine after =
                    await("twice", vm -> runsOn(vm, cluster.second) || runsOn(vm, third));
            assertThat(
                            cluster.second.called("StoreFromStateRef") > 0
                                    && third.called("StoreFromStateRef") > 0)
                    .isTrue();
            assertThat(after.getPowerState()).isEqualTo(PowerState.POWER_STATE_RUNNING);
            cluster.first.restart();
        }
    }

    @Test
    void a_vm_that_no_other_node_can_take_stays_and_says_so_until_its_node_is_back() {
        cluster.running("alone");
        cluster.second.kill();
        Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .until(() -> node(cluster.second).getState() == Node.State.STATE_UNREACHABLE);
        lose(cluster.first);

        VirtualMachine stays = await("alone", vm -> status(vm, "Recoverable").equals("False"));
        assertThat(recoverable(stays).getMessage()).contains("node-v", "node-w");
        assertThat(stays.getNode()).isEqualTo(name(cluster.first));
        assertThat(stays.getPowerState()).isEqualTo(PowerState.POWER_STATE_UNKNOWN);

        cluster.first.restart();
        await("alone", vm -> status(vm, "Recoverable").isEmpty());
        cluster.second.restart();
    }

    @Test
    void a_migration_whose_source_is_given_up_ends_and_says_so() throws Exception {
        cluster.running("moving");
        cluster.first.hold("BeginOutgoing");
        Operation moving = cluster.migrate("moving");
        cluster.first.awaitHeld("BeginOutgoing");
        lose(cluster.first);

        RefusalView refusal = cluster.failed(moving);
        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_MIGRATION_ROLLED_BACK);
        await("moving", vm -> runsOn(vm, cluster.second));
        cluster.first.release("BeginOutgoing");
        cluster.first.restart();
    }

    private void lose(TestAgent agent) {
        agent.powerOff();
        fence(agent);
        confirm(agent);
    }

    private Node fence(TestAgent agent) {
        return fence(agent, true);
    }

    private Node fence(TestAgent agent, boolean force) {
        return nodes.fenceNode(
                FenceNodeRequest.newBuilder()
                        .setName(name(agent))
                        .setReason("silent")
                        .setForce(force)
                        .build());
    }

    private Node confirm(TestAgent agent) {
        return nodes.confirmFenced(
                ConfirmFencedRequest.newBuilder()
                        .setName(name(agent))
                        .setOperatorsWord(OperatorsWord.newBuilder().setReason("plug pulled"))
                        .build());
    }

    private Node node(TestAgent agent) {
        return nodes.getNode(GetNodeRequest.newBuilder().setName(name(agent)).build());
    }

    private VirtualMachine await(String id, Predicate<VirtualMachine> wanted) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> cluster.get(id), wanted);
    }

    private static boolean runsOn(VirtualMachine vm, TestAgent agent) {
        return vm.getNode().equals(name(agent))
                && vm.getPowerState() == PowerState.POWER_STATE_RUNNING;
    }

    private static String status(VirtualMachine vm, String type) {
        return vm.getConditionsList().stream()
                .filter(condition -> condition.getType().equals(type))
                .map(Condition::getStatus)
                .findFirst()
                .orElse("");
    }

    private static Condition recoverable(VirtualMachine vm) {
        return vm.getConditionsList().stream()
                .filter(condition -> condition.getType().equals("Recoverable"))
                .findFirst()
                .orElseThrow();
    }

    private static String name(TestAgent agent) {
        return "nodes/" + agent.name();
    }
}
