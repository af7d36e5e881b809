package io.tlvm.agent.machine;

import static io.tlvm.agent.machine.AgentLab.eventually;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.agent.machine.AgentLab.Node;
import io.tlvm.agent.migration.PlanRejected;
import io.tlvm.node.v1.MachineState;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Verdict.Reason;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.util.List;

/** Two nodes, one shared storage path, guest state and memory over TLS on the loopback. */
class MachineMigrationTest {
    private static AgentLab lab;
    private static Node a;
    private static Node b;
    private LabMachine machine;

    @BeforeAll
    static void open() throws Exception {
        lab = new AgentLab();
        a = lab.node("node-a");
        b = lab.node("node-b");
    }

    @BeforeEach
    void start() throws Exception {
        machine = new LabMachine(lab);
        machine.create(a);
        assertThat(machine.start(a)).isInstanceOf(Answer.Activated.class);
    }

    @AfterAll
    static void close() throws Exception {
        lab.close();
    }

    @Test
    void a_guest_moves_there_and_back_with_its_tpm() throws Exception {
        hop(a, b);
        hop(b, a);

        assertThat(machine.stop(a)).isInstanceOf(Answer.Exited.class);
        assertThat(machine.start(a)).isInstanceOf(Answer.Activated.class);
        machine.stop(a);
    }

    private void hop(Node from, Node to) throws Exception {
        StateRef old = machine.directory();
        Path oldFiles = machine.files();
        long oldEpoch = machine.epoch();
        var attempt = machine.migrate(from, to);
        attempt.prepare();
        assertThat(attempt.transfer()).isInstanceOf(Answer.AtPreSwitchover.class);
        Answer.Released released = (Answer.Released) attempt.go();
        assertThat(attempt.confirm()).isEqualTo(new Answer.Loaded(released.digest(), List.of()));
        assertThat(state(from)).isEqualTo(MachineState.MACHINE_STATE_POSTMIGRATE);
        assertThat(state(to)).isEqualTo(MachineState.MACHINE_STATE_INCOMING);

        Answer.Activated activated = (Answer.Activated) attempt.adopt();

        assertThat(activated.adopt()).isPositive();
        assertThat(state(to)).isEqualTo(MachineState.MACHINE_STATE_RUNNING);
        assertThat(attempt.retire(old, oldEpoch)).isEqualTo(new Answer.Done());
        assertThat(attempt.retire(old, oldEpoch)).isEqualTo(new Answer.Done());
        assertThat(oldFiles).doesNotExist();
        assertThat(state(from)).isEqualTo(MachineState.MACHINE_STATE_NONE);
        assertThat(state(to)).isEqualTo(MachineState.MACHINE_STATE_RUNNING);
    }

    @Test
    void an_abort_at_the_pause_resumes_the_source() throws Exception {
        var attempt = machine.migrate(a, b);
        attempt.prepare();
        attempt.transfer();

        assertThat(attempt.abort()).isInstanceOf(Answer.Activated.class);

        assertThat(state(a)).isEqualTo(MachineState.MACHINE_STATE_RUNNING);
        assertThat(attempt.discard()).isEqualTo(new Answer.Done());
        assertThat(attempt.files()).doesNotExist();
        assertThat(state(b)).isEqualTo(MachineState.MACHINE_STATE_NONE);
        hop(a, b);
        machine.stop(b);
    }

    @Test
    void a_source_without_go_resumes_by_itself_and_a_late_go_is_refused() throws Exception {
        var attempt = machine.migrate(a, b);
        attempt.prepare();
        attempt.transfer();

        eventually(() -> state(a) == MachineState.MACHINE_STATE_RUNNING);

        assertThatThrownBy(attempt::go).satisfies(MachineMigrationTest::isAttemptOver);
        assertThat(state(a)).isEqualTo(MachineState.MACHINE_STATE_RUNNING);
        assertThat(attempt.abort()).isInstanceOf(Answer.Activated.class);
        attempt.discard();
        machine.stop(a);
    }

    @Test
    void the_source_goes_on_when_the_target_dies_before_it_loaded() throws Exception {
        var attempt = machine.migrate(a, b);
        attempt.prepare();
        attempt.transfer();
        ProcessHandle.of(b.paths(machine).getQemuPid()).orElseThrow().destroyForcibly();

        assertThatThrownBy(attempt::go).isInstanceOf(MachineRefused.class);

        eventually(() -> state(a) == MachineState.MACHINE_STATE_RUNNING);
        assertThat(attempt.abort()).isInstanceOf(Answer.Activated.class);
        assertThatThrownBy(attempt::confirm).satisfies(MachineMigrationTest::isAttemptOver);
        attempt.discard();
        assertThat(attempt.files()).doesNotExist();
        machine.stop(a);
    }

    @Test
    void a_loaded_copy_that_is_gone_is_never_claimed() throws Exception {
        var attempt = machine.migrate(a, b);
        attempt.prepare();
        attempt.transfer();
        attempt.go();
        ProcessHandle.of(b.paths(machine).getQemuPid()).orElseThrow().destroyForcibly();
        eventually(() -> state(b) == MachineState.MACHINE_STATE_NONE);

        assertThat(attempt.adopt()).isEqualTo(new Answer.NotClaimed());

        assertThat(attempt.abort()).isInstanceOf(Answer.Activated.class);
        assertThat(state(a)).isEqualTo(MachineState.MACHINE_STATE_RUNNING);
        attempt.discard();
        machine.stop(a);
    }

    @Test
    void an_attempt_ends_with_the_agent_that_held_its_key() throws Exception {
        var attempt = machine.migrate(a, b);
        attempt.prepare();
        b.restart();
        attempt.plan.setTargetAddress(b.address());

        assertThatThrownBy(attempt::transfer).isInstanceOf(MachineRefused.class);

        assertThat(state(a)).isEqualTo(MachineState.MACHINE_STATE_RUNNING);
        attempt.abort();
        attempt.discard();
        assertThat(attempt.files()).doesNotExist();
        machine.stop(a);
    }

    @Test
    void a_restarted_target_adopts_what_it_loaded() throws Exception {
        var attempt = machine.migrate(a, b);
        attempt.prepare();
        attempt.transfer();
        Answer.Released released = (Answer.Released) attempt.go();

        b.restart();

        assertThat(attempt.confirm()).isEqualTo(new Answer.Loaded(released.digest(), List.of()));
        assertThat(attempt.adopt()).isInstanceOf(Answer.Activated.class);
        assertThat(state(b)).isEqualTo(MachineState.MACHINE_STATE_RUNNING);
        assertThat(machine.stop(b)).isInstanceOf(Answer.Exited.class);
        assertThat(machine.start(b)).isInstanceOf(Answer.Activated.class);
        machine.stop(b);
    }

    @Test
    void a_source_that_promised_still_has_the_guest_when_the_attempt_is_aborted() throws Exception {
        var attempt = machine.migrate(a, b);
        attempt.prepare();
        attempt.transfer();
        Answer.Released released = (Answer.Released) attempt.go();

        a.restart();

        assertThat(((Answer.Released) attempt.go()).digest()).isEqualTo(released.digest());
        assertThat(attempt.discard()).isEqualTo(new Answer.Done());
        assertThat(attempt.abort()).isInstanceOf(Answer.Activated.class);
        assertThat(state(a)).isEqualTo(MachineState.MACHINE_STATE_RUNNING);
        machine.stop(a);
    }

    @Test
    void a_plan_that_vm_service_did_not_sign_is_rejected() throws Exception {
        var attempt = machine.migrate(a, b);
        var forged = lab.signed(attempt.plan.build(), "stranger");
        var changed =
                lab.signed(attempt.plan.build(), "vm-service").toBuilder()
                        .setPlan(attempt.plan.setTargetNode("node-c").build().toByteString())
                        .build();

        assertThatThrownBy(() -> b.plans.verify(forged))
                .isInstanceOf(PlanRejected.class)
                .hasMessageContaining("stranger");
        assertThatThrownBy(() -> b.plans.verify(changed)).isInstanceOf(PlanRejected.class);
        machine.stop(a);
    }

    private MachineState state(Node node) throws Exception {
        return node.driver(machine).report().getState();
    }

    private static void isAttemptOver(Throwable thrown) {
        assertThat(thrown)
                .isInstanceOfSatisfying(
                        MachineRefused.class,
                        refused ->
                                assertThat(refused.refusal())
                                        .isInstanceOfSatisfying(
                                                MachineRefusal.Protocol.class,
                                                protocol ->
                                                        assertThat(protocol.reason())
                                                                .isInstanceOf(
                                                                        Reason.AttemptOver.class)));
    }
}
