package io.tlvm.agent.machine;

import static io.tlvm.agent.machine.AgentLab.eventually;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.agent.machine.AgentLab.Node;
import io.tlvm.node.v1.DebugPaths;
import io.tlvm.node.v1.MachineState;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.journal.Verdict.Reason;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.nio.file.Files;
import java.nio.file.Path;

/** One node, real QEMU and swtpm, a blank disk. */
class MachineDriverTest {
    private static AgentLab lab;
    private static Node node;
    private LabMachine machine;

    @BeforeAll
    static void open() throws Exception {
        lab = new AgentLab();
        node = lab.node("node-a");
    }

    @BeforeEach
    void create() throws Exception {
        machine = new LabMachine(lab);
    }

    @AfterAll
    static void close() throws Exception {
        lab.close();
    }

    @Test
    void a_stopped_machine_starts_again_with_the_same_tpm() throws Exception {
        Answer.Created made = machine.create(node);
        assertThat(machine.createAgain(node, machine.now())).isEqualTo(made);

        assertThat(machine.start(node)).isInstanceOf(Answer.Activated.class);
        assertThat(node.driver(machine).report().getState())
                .isEqualTo(MachineState.MACHINE_STATE_RUNNING);
        assertThat(machine.startAgain(node, machine.now())).isInstanceOf(Answer.Activated.class);
        assertThat(machine.stop(node)).isInstanceOf(Answer.Exited.class);
        assertThat(node.driver(machine).report().getExited()).isTrue();
        byte[] rested = Files.readAllBytes(machine.permall().orElseThrow());

        assertThat(machine.start(node)).isInstanceOf(Answer.Activated.class);
        assertThat(machine.stop(node)).isInstanceOf(Answer.Exited.class);
        assertThat(Files.readAllBytes(machine.permall().orElseThrow())).hasSameSizeAs(rested);
    }

    @Test
    void a_grant_is_good_for_one_start() throws Exception {
        machine.create(node);
        machine.start(node);
        machine.stop(node);

        assertThat(machine.startAgain(node, machine.next())).isInstanceOf(Answer.Exited.class);
        assertThat(node.driver(machine).report().getState())
                .isEqualTo(MachineState.MACHINE_STATE_NONE);
    }

    @Test
    void a_command_of_an_older_row_is_refused() throws Exception {
        machine.create(node);
        machine.start(node);

        assertThatThrownBy(() -> machine.startAgain(node, new RowVersion(1)))
                .isInstanceOfSatisfying(
                        MachineRefused.class,
                        refused ->
                                assertThat(refused.refusal())
                                        .isInstanceOfSatisfying(
                                                MachineRefusal.Protocol.class,
                                                protocol ->
                                                        assertThat(protocol.reason())
                                                                .isInstanceOf(Reason.Stale.class)));
        machine.stop(node);
    }

    @Test
    void changed_tpm_state_is_evidence_and_no_new_tpm_is_made() throws Exception {
        machine.create(node);
        machine.start(node);
        machine.stop(node);
        Path permall = machine.permall().orElseThrow();
        byte[] content = Files.readAllBytes(permall);
        content[content.length - 40] ^= 1;
        Files.write(permall, content);

        Answer refused = machine.start(node);

        assertThat(refused).isInstanceOf(Answer.StateRefused.class);
        assertThat(Files.readAllBytes(permall)).isEqualTo(content);
        assertThat(node.driver(machine).report().getState())
                .isEqualTo(MachineState.MACHINE_STATE_NONE);
        assertThat(machine.startAgain(node, machine.now())).isEqualTo(refused);
    }

    @Test
    void missing_tpm_state_is_evidence_and_no_new_tpm_is_made() throws Exception {
        machine.create(node);
        Files.delete(machine.permall().orElseThrow());

        assertThat(machine.start(node)).isInstanceOf(Answer.StateRefused.class);
        assertThat(machine.permall()).isEmpty();
    }

    @Test
    void a_guest_whose_swtpm_ended_is_stopped_and_reported() throws Exception {
        machine.create(node);
        machine.start(node);
        DebugPaths paths = node.paths(machine);

        assertThat(ProcessHandle.of(paths.getSwtpmPid()).orElseThrow().destroyForcibly()).isTrue();

        eventually(() -> node.driver(machine).report().getExited());
        assertThat(node.driver(machine).report().getReason()).isEqualTo("VTPM_FAILED");
        assertThat(node.driver(machine).report().getVtpmHealthy()).isFalse();
        eventually(() -> ProcessHandle.of(paths.getQemuPid()).isEmpty());
        assertThat(machine.start(node)).isInstanceOf(Answer.Activated.class);
        machine.stop(node);
    }

    @Test
    void a_restarted_agent_finds_its_guest_running() throws Exception {
        machine.create(node);
        machine.start(node);
        long qemu = node.paths(machine).getQemuPid();

        node.restart();

        assertThat(node.driver(machine).report().getState())
                .isEqualTo(MachineState.MACHINE_STATE_RUNNING);
        assertThat(node.paths(machine).getQemuPid()).isEqualTo(qemu);
        assertThat(machine.startAgain(node, machine.now())).isInstanceOf(Answer.Activated.class);
        assertThat(machine.stop(node)).isInstanceOf(Answer.Exited.class);
        assertThat(machine.start(node)).isInstanceOf(Answer.Activated.class);
        machine.stop(node);
    }
}
