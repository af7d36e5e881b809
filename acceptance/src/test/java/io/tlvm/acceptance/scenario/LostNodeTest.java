package io.tlvm.acceptance.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.acceptance.cluster.LocalStack;
import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Tlvm;
import io.tlvm.acceptance.watcher.Watcher;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

import java.time.Duration;
import java.util.Map;

/**
 * A node loses its power. Nothing is started elsewhere until an operator gives his word that it is
 * dead; then its VM comes back on another node with the TPM that it had, and the node returns
 * clean.
 */
@Tag("smoke")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LostNodeTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Project project = Project.find();
    private final LocalStack stack = new LocalStack(project, Map.of());
    private final Tlvm tlvm = new Tlvm(project, Map.of(), line -> System.out.println(line));
    private Watcher watcher;
    private TrustedMachine machine;

    @BeforeAll
    void start() {
        stack.up();
        watcher = new Watcher(project.home().resolve("r"));
        machine = TrustedMachine.create(project, stack, tlvm);
    }

    @AfterAll
    void stop() {
        stack.downWithGuests();
        if (watcher != null) {
            watcher.close();
        }
    }

    @Test
    @Order(1)
    void a_node_that_renews_is_not_given_up_by_mistake() {
        Tlvm.Outcome refused =
                tlvm.run(
                        "node", "fence", "node-a", "--confirm-dead", "--reason", "wrong one", "-y");

        assertThat(refused.exit()).isEqualTo(5);
        assertThat(machine.power()).isEqualTo("RUNNING");
        machine.assertKeptItsTpm();
    }

    @Test
    @Order(2)
    void the_machine_of_a_dead_node_comes_back_elsewhere_with_its_tpm() {
        powerOff();
        Eventually.holds("the node is silent", LIMIT, () -> machine.power().equals("UNKNOWN"));
        assertThat(machine.qemus("node-b")).as("nobody said that the node is dead").isEmpty();

        tlvm.ok("node", "fence", "node-a", "--confirm-dead", "--reason", "power supply", "-y");

        Eventually.holds(
                "it runs on the other node",
                LIMIT,
                () -> machine.node().equals("node-b") && machine.power().equals("RUNNING"));
        machine.assertKeptItsTpm();
        assertThat(watcher.overlaps(machine.uid())).isEmpty();
    }

    @Test
    @Order(3)
    void the_node_returns_clean_and_takes_work() {
        stack.start("node-a");

        Eventually.holds(
                "what it held is destroyed", LIMIT, () -> machine.stateDirectories().size() == 1);
        assertThat(machine.qemus("node-a")).isEmpty();
        assertThat(machine.node()).isEqualTo("node-b");
        tlvm.ok("vm", "migrate", machine.name(), "--target", "node-a");
        machine.assertKeptItsTpm();
        assertThat(watcher.overlaps(machine.uid())).isEmpty();
    }

    /** The agent, and with the guardians their guests: what no longer has power. */
    private void powerOff() {
        stack.kill("node-a");
        for (long guardian : machine.pids("node-a", "guardian.pid")) {
            ProcessHandle.of(guardian).ifPresent(ProcessHandle::destroyForcibly);
        }
        Eventually.holds("nothing of node-a runs", LIMIT, () -> machine.qemus("node-a").isEmpty());
    }
}
