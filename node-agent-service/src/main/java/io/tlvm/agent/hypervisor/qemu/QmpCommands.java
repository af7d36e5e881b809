package io.tlvm.agent.hypervisor.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The commands this agent gives, and no others. Each waits for QEMU's answer and throws a {@link
 * QmpException} without a good one.
 *
 * <p>QEMU's {@code {}} says that a command was taken, not that it had an effect ({@code stop}
 * during a switchover has none): after each of these that changes something, ask {@link #status}
 * and {@link QmpMigration#query}.
 */
public final class QmpCommands {
    private final QmpConnection connection;
    private final Duration timeout;

    /**
     * @param timeout for each command; more than the longest time that a migration may hold QEMU's
     *     main loop
     */
    public QmpCommands(QmpConnection connection, Duration timeout) {
        this.connection = connection;
        this.timeout = timeout;
    }

    /** What one vCPU is to the host. */
    public record Vcpu(int index, long threadId) {}

    /** Migration verbs. */
    public QmpMigration migration() {
        return new QmpMigration(this);
    }

    /** Verbs for disks, exports and jobs. */
    public QmpBlock block() {
        return new QmpBlock(this);
    }

    /** {@code query-status}: whether the vCPUs run, and if not, why. */
    public RunState status() throws InterruptedException {
        return RunState.of(Wire.text("query-status", run("query-status"), "status"));
    }

    /** {@code query-version}: like {@code 7.2.22}. */
    public String version() throws InterruptedException {
        JsonNode qemu = run("query-version").path("qemu");
        return Wire.number("query-version", qemu, "major")
                + "."
                + Wire.number("query-version", qemu, "minor")
                + "."
                + Wire.number("query-version", qemu, "micro");
    }

    /** {@code query-cpus-fast}: the vCPUs and their threads, without disturbing them. */
    public List<Vcpu> vcpus() throws InterruptedException {
        List<Vcpu> vcpus = new ArrayList<>();
        for (JsonNode cpu : run("query-cpus-fast")) {
            vcpus.add(
                    new Vcpu(
                            (int) Wire.number("query-cpus-fast", cpu, "cpu-index"),
                            Wire.number("query-cpus-fast", cpu, "thread-id")));
        }
        return List.copyOf(vcpus);
    }

    /**
     * {@code cont}: lets the guest run, and takes the disk locks. To a QEMU that is still {@code
     * inmigrate} it is no error and cancels {@code -S}: only after a just-read {@code paused} and
     * {@code completed}.
     */
    public void cont() throws InterruptedException {
        run("cont");
    }

    /**
     * {@code stop}: halts the vCPUs; void at or after pre-switchover, where the end of the
     * migration decides.
     */
    public void stop() throws InterruptedException {
        run("stop");
    }

    /** {@code system_powerdown}: presses the power button; the guest decides what that means. */
    public void pressPowerButton() throws InterruptedException {
        run("system_powerdown");
    }

    /** {@code system_reset}: a hard reset, as by the button. */
    public void reset() throws InterruptedException {
        run("system_reset");
    }

    /**
     * {@code quit}: ends QEMU at once, without the guest's doing. The answer may lose the race
     * against the end.
     */
    public void quit() throws InterruptedException {
        try {
            run("quit");
        } catch (QmpException.QmpDisconnected left) {
            // It did what it was told.
        }
    }

    /**
     * {@code announce-self}: tells switches where the guest's address is now, five times. QEMU does
     * so by itself at a target's {@code cont}; this repeats it for lost frames.
     */
    public void announceSelf() throws InterruptedException {
        run(
                "announce-self",
                object().put("initial", 50).put("max", 550).put("rounds", 5).put("step", 100));
    }

    /** Calls the listener for every later event until the subscription is closed. */
    QmpConnection.Subscription onEvent(Consumer<QmpEvent> listener) {
        return connection.onEvent(listener);
    }

    ObjectNode object() {
        return connection.object();
    }

    JsonNode run(String verb) throws InterruptedException {
        return run(verb, object());
    }

    JsonNode run(String verb, ObjectNode arguments) throws InterruptedException {
        return connection.execute(verb, arguments, timeout);
    }

    JsonNode runOutOfBand(String verb, ObjectNode arguments) throws InterruptedException {
        return connection.executeOutOfBand(verb, arguments, timeout);
    }
}
