package io.tlvm.acceptance.bench;

import com.fasterxml.jackson.databind.JsonNode;

import io.tlvm.acceptance.guest.ControlPort;
import io.tlvm.acceptance.guest.Ticks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The same machine moved by QEMU alone: one process to the next over a unix socket, continued the
 * moment the target says that it has everything.
 */
final class PlainHops {
    /** Emulated, on a machine that does other things too. */
    static final Duration BOOT_LIMIT = Duration.ofMinutes(10);

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String NAME = "plain";

    private final Blueprint blueprint;
    private final Path directory;
    private final Consumer<String> say;
    private int machines;

    /**
     * @param directory short, because sockets are made in it (unix(7): 107 bytes)
     */
    PlainHops(Blueprint blueprint, Path directory, Consumer<String> say) {
        this.blueprint = blueprint;
        this.directory = directory;
        this.say = say;
    }

    List<Hop> run(int count) {
        List<Hop> hops = new ArrayList<>();
        PlainMachine here = start(false);
        try {
            here.monitor().execute("cont", "{}");
            try (ControlPort guest = ControlPort.connect(here.controlSocket(), BOOT_LIMIT)) {
                guest.ask("pause-start");
            }
            for (int i = 1; i <= count; i++) {
                PlainMachine next = start(true);
                PlainMachine left = next;
                try {
                    hops.add(move(here, next));
                    left = here;
                    here = next;
                } finally {
                    left.close();
                }
                say.accept("plain hop " + i + "  " + hops.getLast());
            }
        } finally {
            here.close();
        }
        return hops;
    }

    private PlainMachine start(boolean incoming) {
        return PlainMachine.start(blueprint, directory.resolve(NAME + "." + ++machines), incoming);
    }

    private Hop move(PlainMachine from, PlainMachine to) {
        try (Ticks ticks = new Ticks()) {
            ticks.follow(directory, NAME);
            Settled.ticking(ticks);
            Monitor source = from.monitor();
            Monitor target = to.monitor();
            capabilities(source, "events", "return-path");
            capabilities(target, "events", "return-path", "late-block-activate");
            source.execute(
                    "migrate-set-parameters", "{\"downtime-limit\":300,\"max-bandwidth\":0}");
            String way = "{\"uri\":\"unix:" + to.migrationSocket() + "\"}";
            target.execute("migrate-incoming", way);
            long began = System.nanoTime();
            source.execute("migrate", way);
            long stopped = source.await("STOP", event -> event.is("STOP"), LIMIT).seenAt();
            long completed =
                    target.await("completed", event -> event.isMigration("completed"), LIMIT)
                            .seenAt();
            target.execute("cont", "{}");
            long running = System.nanoTime();
            source.await("completed", event -> event.isMigration("completed"), LIMIT);
            JsonNode end = source.execute("query-migrate", "{}");
            Settled.ticking(ticks);
            return new Hop(
                    Duration.ofNanos(running - began),
                    Duration.ofNanos(stopped - began),
                    ticks.longestPause(),
                    Duration.ofMillis(end.path("downtime").asLong()),
                    Optional.empty(),
                    Duration.ofNanos(running - completed));
        }
    }

    private static void capabilities(Monitor monitor, String... names) {
        List<String> on = new ArrayList<>();
        for (String name : names) {
            on.add("{\"capability\":\"" + name + "\",\"state\":true}");
        }
        for (String name : List.of("pause-before-switchover", "late-block-activate")) {
            if (!List.of(names).contains(name)) {
                on.add("{\"capability\":\"" + name + "\",\"state\":false}");
            }
        }
        monitor.execute(
                "migrate-set-capabilities", "{\"capabilities\":[" + String.join(",", on) + "]}");
    }
}
