package io.tlvm.acceptance.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.acceptance.cluster.LocalStack;
import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Tlvm;
import io.tlvm.acceptance.watcher.ProcessTable;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** What happens to guest state when its machine stops, dies, or finds its files changed. */
@Tag("smoke")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GuestStateTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Project project = Project.find();
    private final LocalStack stack = new LocalStack(project, Map.of());
    private final Tlvm tlvm = new Tlvm(project, Map.of(), line -> System.out.println(line));
    private TrustedMachine machine;

    @BeforeAll
    void start() {
        stack.up();
        machine = TrustedMachine.create(project, stack, tlvm);
    }

    @AfterAll
    void stop() {
        stack.downWithGuests();
    }

    @Test
    @Order(1)
    void a_dead_swtpm_stops_its_guest_and_the_next_start_finds_the_same_tpm() {
        long qemu = machine.pids("node-a", "qemu.pid").getLast();
        long swtpm = machine.pids("node-a", "swtpm.pid").getLast();
        ProcessHandle.of(swtpm).orElseThrow().destroyForcibly();

        Eventually.holds("the guest is stopped", LIMIT, () -> ProcessTable.isGone(qemu));
        Eventually.holds("vm show says so", LIMIT, () -> machine.power().equals("STOPPED"));
        tlvm.ok("vm", "start", machine.name());
        machine.assertKeptItsTpm();
    }

    @Test
    @Order(2)
    void missing_tpm_state_quarantines_the_machine_and_no_new_tpm_is_made() throws IOException {
        tlvm.ok("vm", "stop", machine.name(), "--mode", "forced");
        Path tpm =
                project.home()
                        .resolve("shared/" + machine.uid())
                        .resolve(machine.stateDirectories().getFirst())
                        .resolve("tpm");
        Files.move(tpm.resolve("tpm2-00.permall"), project.home().resolve("tpm2-00.permall.aside"));

        Tlvm.Outcome started = tlvm.run("vm", "start", machine.name());

        assertThat(started.exit()).isNotZero();
        assertThat(started.err()).contains("QUARANTINED");
        assertThat(machine.show().path("state").asText()).isEqualTo("STATE_QUARANTINED");
        assertThat(tpm.resolve("tpm2-00.permall")).doesNotExist();
        assertThat(machine.qemus("")).isEmpty();
    }
}
