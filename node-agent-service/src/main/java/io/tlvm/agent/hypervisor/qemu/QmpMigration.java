package io.tlvm.agent.hypervisor.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.tlvm.agent.hypervisor.qemu.QmpException.QmpNotConfirmed;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The verbs of live migration; over unix sockets only, the way between hosts is the agents'. */
public final class QmpMigration {
    /** Events may be lost, or are off; asking more often would take time from the copying. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private final QmpCommands qmp;

    QmpMigration(QmpCommands qmp) {
        this.qmp = qmp;
    }

    /** {@code query-migrate}: how far the last migration of this QEMU is, as source or target. */
    public MigrationInfo query() throws InterruptedException {
        JsonNode reply = qmp.run("query-migrate");
        JsonNode ram = reply.path("ram"); // absent in setup
        return new MigrationInfo(
                reply.has("status")
                        ? MigrationStatus.of(reply.path("status").asText())
                        : MigrationStatus.NONE,
                Optional.ofNullable(reply.path("error-desc").textValue()),
                ram.path("transferred").asLong(),
                ram.path("remaining").asLong(),
                ram.path("total").asLong(),
                ram.path("dirty-pages-rate").asLong(),
                ram.path("dirty-sync-count").asInt(),
                // QEMU says megabits, decimal
                (long) (ram.path("mbps").asDouble() * 1_000_000 / 8),
                millis(reply, "downtime"),
                millis(reply, "total-time"));
    }

    /**
     * Asks {@link #query} whenever QEMU says that the status changed, until it is one of those
     * wanted. QEMU says so before it has settled: a source that is {@code completed} may still be
     * {@code finish-migrate} (migration.c, migration_iteration_finish).
     *
     * @return the first answer that is; empty when the limit passed
     */
    public Optional<MigrationInfo> await(Predicate<MigrationStatus> wanted, Duration limit)
            throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        Semaphore changes = new Semaphore(0);
        try (QmpConnection.Subscription subscription =
                qmp.onEvent(
                        event -> {
                            if (event.name().equals("MIGRATION")) {
                                changes.release();
                            }
                        })) {
            while (true) {
                MigrationInfo info = query();
                long left = end - System.nanoTime();
                if (wanted.test(info.status())) {
                    return Optional.of(info);
                }
                if (left <= 0) {
                    return Optional.empty();
                }
                if (changes.tryAcquire(
                        Math.min(left, LOOK_AGAIN.toNanos()), TimeUnit.NANOSECONDS)) {
                    int ignored = changes.drainPermits();
                }
            }
        }
    }

    /**
     * {@code migrate-set-capabilities}: turns these on and every other one off, then asks for all
     * of them. They survive a migration, so a former target would otherwise be a source with a
     * target's capabilities.
     *
     * @throws QmpNotConfirmed when QEMU does not know one of them, or reports another set than
     *     asked for
     */
    public void setCapabilities(Set<MigrationCapability> on) throws InterruptedException {
        Map<String, Boolean> asked = new TreeMap<>(capabilities());
        asked.replaceAll((name, state) -> false);
        for (MigrationCapability capability : on) {
            if (asked.put(capability.wire(), true) == null) {
                throw new QmpNotConfirmed(
                        "migrate-set-capabilities", "this QEMU has no " + capability.wire());
            }
        }
        ObjectNode arguments = qmp.object();
        ArrayNode list = arguments.putArray("capabilities");
        asked.forEach(
                (name, state) -> list.addObject().put("capability", name).put("state", state));
        qmp.run("migrate-set-capabilities", arguments);
        Map<String, Boolean> now = capabilities();
        if (!now.equals(asked)) {
            throw new QmpNotConfirmed(
                    "migrate-set-capabilities", "asked for " + on + ", QEMU reports " + now);
        }
    }

    /** {@code query-migrate-capabilities}: every capability of this QEMU and whether it is on. */
    public Map<String, Boolean> capabilities() throws InterruptedException {
        Map<String, Boolean> states = new TreeMap<>();
        for (JsonNode entry : qmp.run("query-migrate-capabilities")) {
            states.put(
                    Wire.text("query-migrate-capabilities", entry, "capability"),
                    Wire.flag("query-migrate-capabilities", entry, "state"));
        }
        return states;
    }

    /**
     * {@code migrate-set-parameters}: sets all that matter, because they survive a migration as
     * well.
     */
    public void setParameters(MigrationParameters parameters) throws InterruptedException {
        qmp.run(
                "migrate-set-parameters",
                qmp.object()
                        .put("downtime-limit", parameters.downtimeLimit().toMillis())
                        .put("max-bandwidth", parameters.bytesPerSecond())
                        .put("cpu-throttle-initial", 20)
                        .put("cpu-throttle-increment", 10)
                        .put("max-cpu-throttle", 99)
                        // Never 0 rounds: the switch would go on sending the guest's frames to the
                        // source.
                        .put("announce-initial", 50)
                        .put("announce-max", 550)
                        .put("announce-rounds", 5)
                        .put("announce-step", 100));
    }

    /** {@code migrate-incoming}: the target listens; once per QEMU. */
    public void listen(Path socket) throws InterruptedException {
        qmp.run("migrate-incoming", qmp.object().put("uri", "unix:" + socket));
    }

    /** {@code migrate}: the source connects and begins; answers before anything has gone. */
    public void start(Path socket) throws InterruptedException {
        qmp.run("migrate", qmp.object().put("uri", "unix:" + socket));
    }

    /**
     * {@code migrate-continue}: from pre-switchover on; refused in any other state. Never followed
     * by a cancel.
     */
    public void switchOver() throws InterruptedException {
        qmp.run("migrate-continue", qmp.object().put("state", "pre-switchover"));
    }

    /**
     * {@code migrate_cancel}: only before {@link #switchOver}. After it the source's disk may stay
     * inactive while its guest runs; then close the stream, or {@link #yank}.
     */
    public void cancel() throws InterruptedException {
        qmp.run("migrate_cancel");
    }

    /**
     * {@code yank}, out of band: cuts the stream from inside, also while QEMU's main loop hangs in
     * it.
     */
    public void yank() throws InterruptedException {
        ObjectNode arguments = qmp.object();
        arguments.putArray("instances").addObject().put("type", "migration");
        qmp.runOutOfBand("yank", arguments);
    }

    private static Optional<Duration> millis(JsonNode reply, String member) {
        return reply.path(member).isIntegralNumber()
                ? Optional.of(Duration.ofMillis(reply.path(member).asLong()))
                : Optional.empty();
    }
}
