package io.tlvm.agent.hypervisor.qemu;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The living processes of one VM, and the agent's seat at its monitor. Closing this leaves the seat
 * and nothing else: the guest runs on, and {@link QemuLauncher#attach} finds it again.
 *
 * <p>The end of QEMU and of swtpm is looked for in {@code /proc}, twice a second and when the
 * monitor breaks off: neither is a child of the agent, and QEMU says nothing when its swtpm is
 * gone.
 */
public final class QemuProcess implements AutoCloseable {
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final Duration RECORDING = Duration.ofSeconds(3);
    private static final Logger LOG = Logger.getLogger(QemuProcess.class);

    private final RunDirectory run;
    private final ProcessIdentity guardian;
    private final ProcessIdentity qemu;
    private final Optional<ProcessIdentity> swtpm;
    private final QmpConnection connection;
    private final QmpCommands commands;
    private final CompletableFuture<ProcessEnd> qemuEnded = new CompletableFuture<>();
    private final CompletableFuture<ProcessEnd> swtpmEnded = new CompletableFuture<>();
    private final Semaphore lookNow = new Semaphore(0);
    private volatile boolean closed;

    private QemuProcess(
            RunDirectory run,
            ProcessIdentity guardian,
            ProcessIdentity qemu,
            Optional<ProcessIdentity> swtpm,
            QmpConnection connection,
            Duration commandTimeout) {
        this.run = run;
        this.guardian = guardian;
        this.qemu = qemu;
        this.swtpm = swtpm;
        this.connection = connection;
        this.commands = new QmpCommands(connection, commandTimeout);
    }

    static QemuProcess open(
            RunDirectory run,
            ProcessIdentity guardian,
            Duration commandTimeout,
            Duration connectTimeout)
            throws IOException, InterruptedException {
        ProcessIdentity qemu =
                ProcessIdentity.read(run.file("qemu.pid"))
                        .orElseThrow(() -> new IOException(run.path() + " has no qemu.pid"));
        Optional<ProcessIdentity> swtpm = ProcessIdentity.read(run.file("swtpm.pid"));
        QmpConnection connection = QmpConnection.open(run.qmpSocket(), connectTimeout);
        QemuProcess process =
                new QemuProcess(run, guardian, qemu, swtpm, connection, commandTimeout);
        process.watch();
        return process;
    }

    /** Verbs for the guest. */
    public QmpCommands commands() {
        return commands;
    }

    /** The monitor's connection: its events and its end. */
    public QmpConnection connection() {
        return connection;
    }

    public RunDirectory runDirectory() {
        return run;
    }

    public ProcessIdentity guardian() {
        return guardian;
    }

    public ProcessIdentity qemu() {
        return qemu;
    }

    /** The vTPM's process; empty for a machine without one. */
    public Optional<ProcessIdentity> swtpm() {
        return swtpm;
    }

    public boolean isAlive() {
        return qemu.isAlive();
    }

    /**
     * Whether the vTPM can serve: its process is neither gone nor stopped. A machine without one is
     * as good as it gets.
     */
    public boolean tpmIsAlive() {
        return swtpm.map(process -> process.condition() == ProcessIdentity.Condition.RUNNING)
                .orElse(true);
    }

    /**
     * Completes when QEMU has ended, within about half a second; never exceptionally. Not after
     * {@link #close}.
     */
    public CompletionStage<ProcessEnd> qemuEnded() {
        return qemuEnded.minimalCompletionStage();
    }

    /**
     * Completes when swtpm has ended. While QEMU still runs this is the moment to stop the guest:
     * it goes on with a TPM that answers with errors. Never completes for a machine without one.
     */
    public CompletionStage<ProcessEnd> swtpmEnded() {
        return swtpmEnded.minimalCompletionStage();
    }

    /** Moves the end of the lease; the guardian sees it within a quarter of a second. */
    public void setLeaseEnd(LeaseEnd end) throws IOException {
        SmallFile.write(run.file("deadline"), end.toText());
    }

    /**
     * Waits until QEMU, swtpm and the guardian are gone, after the guest or {@code quit} ended the
     * machine. Only then is the vTPM's directory final: newer versions of swtpm write it once more
     * when they end.
     *
     * @return whether they are
     */
    public boolean awaitEnd(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        for (ProcessIdentity process : processes()) {
            if (!Guardian.isGone(process, Duration.ofNanos(Math.max(0, end - System.nanoTime())))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Ends everything now, like a power cut for the guest.
     *
     * @param limit for each of the processes
     * @return whether QEMU, swtpm and the guardian are proved gone
     */
    public boolean kill(Duration limit) throws InterruptedException {
        boolean gone = Guardian.end(processes(), limit);
        lookNow.release();
        return gone;
    }

    private List<ProcessIdentity> processes() {
        List<ProcessIdentity> processes = new ArrayList<>(List.of(guardian, qemu));
        swtpm.ifPresent(processes::add);
        return processes;
    }

    @Override
    public void close() {
        closed = true;
        lookNow.release();
        connection.close();
    }

    private void watch() {
        connection.ended().thenAccept(why -> lookNow.release());
        Thread.ofVirtual()
                .name("watch-" + run.path().getFileName())
                .start(
                        () -> {
                            try {
                                while (!closed
                                        && !(qemuEnded.isDone()
                                                && (swtpm.isEmpty() || swtpmEnded.isDone()))) {
                                    boolean ignored =
                                            lookNow.tryAcquire(
                                                    LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
                                    look();
                                }
                            } catch (InterruptedException stop) {
                                Thread.currentThread().interrupt();
                            }
                        });
    }

    private void look() throws InterruptedException {
        if (swtpm.isPresent() && !swtpmEnded.isDone() && !swtpm.get().isAlive()) {
            swtpmEnded.complete(recorded("swtpm.exit"));
        }
        if (!qemuEnded.isDone() && !qemu.isAlive()) {
            qemuEnded.complete(recorded("qemu.exit"));
        }
    }

    /** The guardian writes it right after the end; a dead guardian writes nothing any more. */
    private ProcessEnd recorded(String file) throws InterruptedException {
        try {
            return BoundedWait.<ProcessEnd, IOException>until(
                            RECORDING,
                            Duration.ofMillis(10),
                            () -> {
                                boolean last = !guardian.isAlive();
                                Optional<ProcessEnd> end = ProcessEnd.read(run.file(file));
                                return end.isEmpty() && last
                                        ? Optional.of(new ProcessEnd.Unrecorded())
                                        : end;
                            })
                    .orElseGet(ProcessEnd.Unrecorded::new);
        } catch (IOException unreadable) {
            LOG.warnf(unreadable, "%s cannot be read", run.file(file));
            return new ProcessEnd.Unrecorded();
        }
    }
}
