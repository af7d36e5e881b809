package io.tlvm.acceptance.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.acceptance.cluster.LocalStack;
import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Tlvm;
import io.tlvm.acceptance.guest.ControlPort;
import io.tlvm.acceptance.watcher.Watcher;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import java.util.List;
import java.util.Map;

/**
 * One guest, moved live again and again while it writes its memory, its disk and its TPM. A hundred
 * times, or as often as {@code TLVM_HOPS} says.
 */
@Tag("hops")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManyHopsTest {
    private static final int HOPS =
            Integer.parseInt(System.getenv().getOrDefault("TLVM_HOPS", "100"));
    private static final List<String> NODES = List.of("node-a", "node-b");

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
        try (ControlPort guest = machine.guest()) {
            assertThat(guest.ask("dirty 64 40").strip()).isEqualTo("ok");
        }
    }

    @AfterAll
    void stop() {
        stack.downWithGuests();
        if (watcher != null) {
            watcher.close();
        }
    }

    @Test
    void a_busy_guest_keeps_its_tpm_its_memory_and_its_disk_over_all_hops() {
        for (int hop = 1; hop <= HOPS; hop++) {
            String target = NODES.get(hop % NODES.size());
            String source = NODES.get((hop + 1) % NODES.size());
            String written;
            try (ControlPort guest = machine.guest()) {
                written = guest.ask("fill 4").strip();
            }

            tlvm.ok("vm", "migrate", machine.name(), "--target", target);

            machine.assertKeptItsTpm();
            try (ControlPort guest = machine.guest()) {
                assertThat(guest.ask("datahash").strip()).as("hop %d", hop).isEqualTo(written);
            }
            assertThat(machine.qemus(source)).as("hop %d leaves no process", hop).isEmpty();
            assertThat(machine.stateDirectories()).as("hop %d leaves no directory", hop).hasSize(1);
            assertThat(watcher.overlaps(machine.uid())).as("hop %d", hop).isEmpty();
        }
        assertThat(tlvm.ok("audit", "verify")).contains("hand-overs: " + HOPS + " proven");
    }
}
