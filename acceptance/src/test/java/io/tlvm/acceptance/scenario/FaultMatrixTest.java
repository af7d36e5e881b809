package io.tlvm.acceptance.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import io.tlvm.acceptance.cluster.LocalStack;
import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Tlvm;
import io.tlvm.acceptance.fault.Gate;
import io.tlvm.acceptance.fault.Step;
import io.tlvm.acceptance.fault.Victim;
import io.tlvm.acceptance.watcher.Watcher;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Kills each process of a live migration with signal 9 while it is held at a step. Whatever
 * happens: at the end the VM is on exactly one node with the TPM that it had, or stopped with its
 * state intact and startable; the operation has ended and says how; an outside watcher never saw
 * two.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultMatrixTest {
    private static final Duration SETTLE_LIMIT = Duration.ofMinutes(3);
    private static final Map<String, String> GATES = Map.of("TLVM_TEST_GATES", "true");

    private final Project project = Project.find();
    private final LocalStack stack = new LocalStack(project, GATES);
    private final Tlvm tlvm = new Tlvm(project, GATES, line -> System.out.println(line));
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

    /**
     * All pairs, or those of which TLVM_FAULT_PAIRS, a regular expression on {@code "STEP VICTIM"},
     * names: to see one again.
     */
    static Stream<Arguments> everyPair() {
        Pattern wanted = Pattern.compile(System.getenv().getOrDefault("TLVM_FAULT_PAIRS", ".*"));
        return pairs().stream()
                .filter(pair -> wanted.matcher(pair.get()[0] + " " + pair.get()[1]).matches());
    }

    /** Two pairs for every run of the tests: a control plane that dies, and a source that dies. */
    static Stream<Arguments> twoPairs() {
        return Stream.of(
                Arguments.of(Step.TRANSFER, Victim.VM_SERVICE),
                Arguments.of(Step.TRANSFER, Victim.SOURCE_QEMU));
    }

    private static List<Arguments> pairs() {
        List<Arguments> pairs = new ArrayList<>();
        for (Step step : Step.values()) {
            for (Victim victim : Victim.values()) {
                pairs.add(Arguments.of(step, victim));
            }
        }
        return pairs;
    }

    @Tag("acceptance")
    @ParameterizedTest
    @MethodSource("everyPair")
    void a_kill_at_any_step_leaves_one_machine_with_its_tpm(Step step, Victim victim) {
        killAt(step, victim);
    }

    @Tag("smoke")
    @ParameterizedTest
    @MethodSource("twoPairs")
    void a_kill_in_mid_transfer_leaves_one_machine_with_its_tpm(Step step, Victim victim) {
        killAt(step, victim);
    }

    private void killAt(Step step, Victim victim) {
        bringToSource();
        Gate gate =
                new Gate(project.home().resolve("r/" + step.service() + ".gates"), step.gateName());
        gate.hold();
        String operation =
                tlvm.json("vm", "migrate", machine.name(), "--target", "node-b", "--no-wait")
                        .path("name")
                        .asText();
        assertThat(gate.awaitStanding(60)).as("the migration came to " + step).isTrue();

        kill(victim);
        if (!killedService(victim).equals(step.service())) {
            gate.release();
        }
        restart(victim);

        Eventually.holds(
                "the operation ends",
                SETTLE_LIMIT,
                () -> operation(operation).path("done").asBoolean());
        Eventually.holds("the VM settles", SETTLE_LIMIT, this::settled);
        System.out.println(
                step
                        + " "
                        + victim
                        + ": "
                        + machine.power()
                        + " on "
                        + machine.node()
                        + ", "
                        + operation(operation).path("error").path("message").asText("migrated"));
        assertThat(watcher.overlaps(machine.uid())).isEmpty();
        if (machine.power().equals("STOPPED")) {
            tlvm.ok("vm", "start", machine.name());
        }
        machine.assertKeptItsTpm();
        assertThat(watcher.overlaps(machine.uid())).isEmpty();
        Eventually.holds("one QEMU is left", SETTLE_LIMIT, () -> machine.qemus("").size() == 1);
        Eventually.holds(
                "one directory of guest state is left",
                SETTLE_LIMIT,
                () -> machine.stateDirectories().size() == 1);
    }

    private void bringToSource() {
        if (machine.power().equals("STOPPED")) {
            tlvm.ok("vm", "start", machine.name());
        }
        // A source whose GO is two seconds late resumes by itself: on a busy machine that is right.
        for (int attempt = 0; attempt < 3 && !machine.node().equals("node-a"); attempt++) {
            tlvm.run("vm", "migrate", machine.name(), "--target", "node-a");
        }
        assertThat(machine.node()).isEqualTo("node-a");
    }

    /** Power as reported and processes agree: a dead QEMU is RUNNING until its agent says so. */
    private boolean settled() {
        return switch (machine.power()) {
            case "STOPPED" -> machine.qemus("").isEmpty();
            case "RUNNING" -> !machine.qemus(machine.node()).isEmpty();
            default -> false;
        };
    }

    private JsonNode operation(String name) {
        return tlvm.json("op", "show", name);
    }

    private void kill(Victim victim) {
        switch (victim) {
            case VM_SERVICE, SOURCE_AGENT, TARGET_AGENT -> stack.kill(killedService(victim));
            case SOURCE_QEMU -> killProcesses("node-a", "qemu.pid");
            case TARGET_QEMU -> killProcesses("node-b", "qemu.pid");
            case SOURCE_SWTPM -> killProcesses("node-a", "swtpm.pid");
            case TARGET_SWTPM -> killProcesses("node-b", "swtpm.pid");
        }
    }

    private void restart(Victim victim) {
        switch (victim) {
            case VM_SERVICE, SOURCE_AGENT, TARGET_AGENT -> stack.start(killedService(victim));
            case SOURCE_QEMU, TARGET_QEMU, SOURCE_SWTPM, TARGET_SWTPM -> {
                // What was killed is the guest's own; nothing starts it but the protocol.
            }
        }
    }

    private static String killedService(Victim victim) {
        return switch (victim) {
            case VM_SERVICE -> "vm-service";
            case SOURCE_AGENT -> "node-a";
            case TARGET_AGENT -> "node-b";
            case SOURCE_QEMU, TARGET_QEMU, SOURCE_SWTPM, TARGET_SWTPM -> "";
        };
    }

    private void killProcesses(String node, String file) {
        for (long pid : machine.pids(node, file)) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }
}
