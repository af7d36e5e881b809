package io.tlvm.acceptance.bench;

import com.fasterxml.jackson.databind.JsonNode;

import io.tlvm.acceptance.cluster.LocalStack;
import io.tlvm.acceptance.cluster.Project;
import io.tlvm.acceptance.cluster.Publisher;
import io.tlvm.acceptance.cluster.Tlvm;
import io.tlvm.acceptance.guest.ControlPort;
import io.tlvm.acceptance.guest.Ticks;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** One Trusted launch VM, moved between node-a and node-b by the product. */
final class ClusterHops {
    private static final String VM = "bench";

    private final Project project;
    private final LocalStack stack;
    private final Tlvm tlvm;
    private final Consumer<String> say;

    ClusterHops(Project project, LocalStack stack, Tlvm tlvm, Consumer<String> say) {
        this.project = project;
        this.stack = stack;
        this.tlvm = tlvm;
        this.say = say;
    }

    /** Creates the VM and waits until its guest answers. */
    void create() {
        Path shared = stack.sharedDirectory();
        tlvm.ok("storage-path", "create", "shared", "--directory", shared.toString());
        String urn =
                Publisher.pinned("bench", project.home().resolve("keys"), tlvm)
                        .publish("trusted", "Bench guest", project.guestImage());
        tlvm.ok("image", "create", VM, "--urn", urn);
        tlvm.ok(
                "vm",
                "create",
                VM,
                "--image",
                VM,
                "--security-type",
                "TrustedLaunch",
                "--vcpus",
                "1",
                "--memory",
                "384MiB",
                "--storage-path",
                "shared",
                "--node",
                "node-a");
        Path socket = Path.of(show().path("debug").path("controlSocket").asText());
        try (ControlPort guest = ControlPort.connect(socket, PlainHops.BOOT_LIMIT)) {
            guest.ask("pause-start");
        }
    }

    private JsonNode show() {
        return tlvm.json("vm", "show", VM);
    }

    List<Hop> run(int count) {
        List<Hop> hops = new ArrayList<>();
        String uid = show().path("uid").asText();
        for (int i = 1; i <= count; i++) {
            hops.add(move(uid, i % 2 == 1 ? "node-b" : "node-a"));
            say.accept("tlvm hop " + i + "  " + hops.getLast());
        }
        return hops;
    }

    private Hop move(String uid, String target) {
        try (Ticks ticks = new Ticks()) {
            ticks.follow(project.home().resolve("r/node-a"), uid);
            ticks.follow(project.home().resolve("r/node-b"), uid);
            Settled.ticking(ticks);
            tlvm.ok("vm", "migrate", VM, "--target", target);
            Settled.ticking(ticks);
            JsonNode move = show().path("lastMigration");
            if (!move.path("state").asText().equals("STATE_SUCCEEDED")) {
                throw new IllegalStateException("the VM was not moved: " + move);
            }
            Instant copying = began(move, "STATE_TRANSFERRING");
            return new Hop(
                    seconds(move.path("totalTime")),
                    Duration.between(copying, began(move, "STATE_SWITCHING_OVER")),
                    ticks.longestPause(),
                    seconds(move.path("qemuDowntime")),
                    Optional.of(seconds(move.path("preSwitchover"))),
                    seconds(move.path("adopt")));
        }
    }

    private static Instant began(JsonNode move, String state) {
        for (JsonNode phase : move.path("phases")) {
            if (phase.path("state").asText().equals(state)) {
                return Instant.parse(phase.path("time").asText());
            }
        }
        throw new IllegalStateException("the move was never in " + state + ": " + move);
    }

    /** A duration in protobuf's JSON, as 1.5s. */
    private static Duration seconds(JsonNode text) {
        return Duration.parse("PT" + text.asText().toUpperCase(java.util.Locale.ROOT));
    }

    /** How QEMU was started, and a VM that is stopped. */
    Blueprint stopped(Path copies) {
        JsonNode debug = show().path("debug");
        Path run = Path.of(debug.path("controlSocket").asText()).resolveSibling("..").normalize();
        Path files = stack.sharedDirectory().resolve(show().path("uid").asText());
        Blueprint blueprint = Blueprint.of(debug.path("qemuPid").asLong(), run, files, copies);
        tlvm.ok("vm", "stop", VM, "--mode", "forced");
        blueprint.copyFiles();
        return blueprint;
    }
}
