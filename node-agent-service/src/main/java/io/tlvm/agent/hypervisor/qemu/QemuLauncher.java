package io.tlvm.agent.hypervisor.qemu;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Starts VMs as processes, paused, and finds those again that an earlier agent started. */
public final class QemuLauncher {
    private static final Duration STEP = Duration.ofMillis(20);
    private static final Duration ENDING = Duration.ofSeconds(10);

    private final Guardian guardian;
    private final Path qemu;
    private final Path swtpm;
    private final Duration commandTimeout;

    /**
     * @param qemu absolute path of qemu-system-x86_64
     * @param swtpm absolute path of swtpm
     * @param commandTimeout for each QMP command, see {@link QmpCommands}
     */
    public QemuLauncher(Guardian guardian, Path qemu, Path swtpm, Duration commandTimeout) {
        this.guardian = guardian;
        this.qemu = qemu;
        this.swtpm = swtpm;
        this.commandTimeout = commandTimeout;
    }

    /**
     * One start.
     *
     * @param tpmState the directory of the vTPM, owned by the user the VM runs as; empty for a
     *     machine without one
     * @param timeout until QMP answers
     */
    public record Launch(
            MachineHardware hardware,
            Optional<Path> tpmState,
            RunAs runAs,
            LeaseEnd leaseEnd,
            Duration timeout) {
        public Launch {
            if ((hardware.securityType() == SecurityType.TRUSTED_LAUNCH) != tpmState.isPresent()) {
                throw new IllegalArgumentException(
                        "a vTPM state directory belongs to TRUSTED_LAUNCH, and only there");
            }
        }
    }

    /**
     * Starts the processes of a VM; its vCPUs stand still until {@code cont}.
     *
     * @param keys exactly when there is a vTPM; the caller wipes them
     * @throws LaunchFailed with the reason from the logs; everything it started is gone
     */
    public QemuProcess launch(Launch launch, @Nullable ChildKeys keys)
            throws IOException, InterruptedException, LaunchFailed {
        RunDirectory run = launch.hardware().runDirectory();
        ProcessIdentity started =
                guardian.start(
                        run,
                        new Guardian.Programs(
                                QemuCommandLine.of(qemu, launch.hardware()),
                                launch.tpmState()
                                        .map(state -> SwtpmCommandLine.of(swtpm, state, run)),
                                launch.runAs(),
                                launch.leaseEnd()),
                        keys);
        return awaitMonitor(run, started, launch.timeout());
    }

    /**
     * Starts a guardian with any QEMU arguments that give it the monitors of the run directory, and
     * no TPM.
     */
    public QemuProcess launchBare(
            RunDirectory run, QemuCommandLine line, RunAs runAs, Duration timeout)
            throws IOException, InterruptedException, LaunchFailed {
        ProcessIdentity started =
                guardian.start(
                        run,
                        new Guardian.Programs(line, Optional.empty(), runAs, new LeaseEnd.Never()),
                        null);
        return awaitMonitor(run, started, timeout);
    }

    private QemuProcess awaitMonitor(RunDirectory run, ProcessIdentity started, Duration timeout)
            throws IOException, InterruptedException, LaunchFailed {
        long end = System.nanoTime() + timeout.toNanos();
        Optional<QemuProcess> process = Optional.empty();
        String failure = "QEMU did not answer within " + timeout.toSeconds() + " s";
        try {
            Optional<Boolean> listening =
                    BoundedWait.until(
                            timeout,
                            STEP,
                            () -> {
                                if (!started.isAlive() || Files.exists(run.file("qemu.exit"))) {
                                    return Optional.of(false);
                                }
                                return hasMonitor(run) ? Optional.of(true) : Optional.empty();
                            });
            if (listening.orElse(false)) {
                process =
                        Optional.of(
                                QemuProcess.open(
                                        run,
                                        started,
                                        commandTimeout,
                                        Duration.ofNanos(Math.max(1, end - System.nanoTime()))));
            } else if (listening.isPresent()) {
                failure = "the VM's processes ended at once";
            }
        } catch (QmpException noMonitor) {
            failure = String.valueOf(noMonitor.getMessage());
        } finally {
            if (process.isEmpty() && !endAll(run, started)) {
                failure += ", and its processes cannot be ended";
            }
        }
        if (process.isEmpty()) {
            throw new LaunchFailed(failure, reasons(run));
        }
        return process.get();
    }

    private static boolean endAll(RunDirectory run, ProcessIdentity guardian)
            throws IOException, InterruptedException {
        List<ProcessIdentity> living = new ArrayList<>(List.of(guardian));
        run.living().stream().filter(process -> !process.equals(guardian)).forEach(living::add);
        return Guardian.end(living, ENDING);
    }

    /** QEMU binds its sockets in the order of its arguments; the observers' monitor is the last. */
    private static boolean hasMonitor(RunDirectory run) throws IOException {
        return Files.exists(run.observerSocket())
                && ProcessIdentity.read(run.file("qemu.pid")).isPresent();
    }

    private static String reasons(RunDirectory run) {
        StringBuilder reasons = new StringBuilder();
        for (String name :
                List.of("guardian.exit", "guardian.log", "swtpm.log", "qemu.log", "qemu.exit")) {
            String tail = SmallFile.tail(run.file(name));
            if (!tail.isEmpty()) {
                reasons.append(reasons.isEmpty() ? "" : "; ")
                        .append(name)
                        .append(": ")
                        .append(tail);
            }
        }
        return reasons.isEmpty() ? "no log says why" : reasons.toString();
    }

    /** What became of a VM that an earlier agent started. */
    public sealed interface Attachment {
        /** It is there, and this agent now answers for it. */
        record Attached(QemuProcess process) implements Attachment {}

        /**
         * It is not.
         *
         * @param guardianSaid why the guardian ended; empty when it was killed
         */
        record Gone(ProcessEnd qemu, ProcessEnd swtpm, Optional<String> guardianSaid)
                implements Attachment {}
    }

    /**
     * Takes over a VM: proves by pid and start time that its guardian is the one, tells it who the
     * agent is, and takes the seat at the monitor.
     *
     * @throws QmpException when the processes live and the monitor does not answer in time; they
     *     are left alone
     */
    public Attachment attach(RunDirectory run, Duration timeout)
            throws IOException, InterruptedException {
        Optional<ProcessIdentity> living = run.guardian();
        Optional<ProcessIdentity> machine = ProcessIdentity.read(run.file("qemu.pid"));
        if (living.isEmpty() || machine.isEmpty() || !machine.get().isAlive()) {
            // A guardian that still tidies up, a start that an agent's death cut short, children
            // that outlived a
            // guardian without CAP_KILL: nothing of it can be used, and "gone" must be true.
            if (!Guardian.end(run.living(), ENDING)) {
                throw new IOException(
                        "processes of " + run.path() + " cannot be ended: " + run.living());
            }
            return new Attachment.Gone(
                    ended(run, "qemu.exit"),
                    ended(run, "swtpm.exit"),
                    SmallFile.read(run.file("guardian.exit")).map(String::strip));
        }
        SmallFile.write(run.file("agent.pid"), ProcessIdentity.self().toText());
        return new Attachment.Attached(
                QemuProcess.open(run, living.get(), commandTimeout, timeout));
    }

    private static ProcessEnd ended(RunDirectory run, String file) throws IOException {
        return ProcessEnd.read(run.file(file)).orElseGet(ProcessEnd.Unrecorded::new);
    }
}
