package io.tlvm.agent.machine;

import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.hypervisor.qemu.ChildKeys;
import io.tlvm.agent.hypervisor.qemu.LaunchFailed;
import io.tlvm.agent.hypervisor.qemu.LeaseEnd;
import io.tlvm.agent.hypervisor.qemu.MigrationStatus;
import io.tlvm.agent.hypervisor.qemu.QemuLauncher;
import io.tlvm.agent.hypervisor.qemu.QemuLauncher.Attachment;
import io.tlvm.agent.hypervisor.qemu.QemuLauncher.Launch;
import io.tlvm.agent.hypervisor.qemu.QemuProcess;
import io.tlvm.agent.hypervisor.qemu.QmpCommands;
import io.tlvm.agent.hypervisor.qemu.QmpException;
import io.tlvm.agent.hypervisor.qemu.RunDirectory;
import io.tlvm.agent.hypervisor.qemu.RunState;
import io.tlvm.agent.machine.NodeEquipment.Limits;
import io.tlvm.agent.migration.Outgoing;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.JournalRecord.Claim;
import io.tlvm.ownership.journal.Observed;
import io.tlvm.ownership.journal.Observed.State;

import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A machine's processes on this node: at most one counts, what an attempt left over is only there
 * to be killed.
 */
final class Processes {
    private static final Logger LOG = Logger.getLogger(Processes.class);

    /**
     * A look must not wait as long as a command: a migration may hold QEMU's main loop for seconds.
     */
    private static final Duration LOOK = Duration.ofSeconds(3);

    private final VmUid vm;
    private final Path runRoot;
    private final QemuLauncher launcher;
    private final Limits limits;
    private final Consumer<MachineProcess> ended;
    private final Consumer<MachineProcess> tpmEnded;
    private volatile @Nullable MachineProcess current;
    private final List<MachineProcess> leftovers = new ArrayList<>();

    /**
     * @param ended called on a thread of its own when a QEMU ended
     * @param tpmEnded called on a thread of its own when a swtpm ended
     */
    Processes(
            VmUid vm,
            NodeEquipment equipment,
            Consumer<MachineProcess> ended,
            Consumer<MachineProcess> tpmEnded) {
        this.vm = vm;
        this.runRoot = equipment.runRoot();
        this.launcher = equipment.launcher();
        this.limits = equipment.limits();
        this.ended = ended;
        this.tpmEnded = tpmEnded;
    }

    Optional<MachineProcess> current() {
        return Optional.ofNullable(current);
    }

    /** The process started under an epoch, if it is the one that counts. */
    Optional<MachineProcess> of(Epoch epoch) {
        return current().filter(process -> process.epoch().equals(epoch));
    }

    RunDirectory runDirectory(Epoch epoch) {
        return new RunDirectory(runRoot.resolve(vm + "." + epoch));
    }

    /**
     * Finds what an earlier agent started. The process that the last claim names counts, otherwise
     * the youngest.
     *
     * @throws IOException when the run root cannot be read, or a monitor does not answer: then
     *     nothing is known
     */
    void attach(AgentView view) throws IOException, InterruptedException {
        List<MachineProcess> alive = new ArrayList<>();
        for (Epoch epoch : runEpochs()) {
            RunDirectory run = runDirectory(epoch);
            try {
                switch (launcher.attach(run, limits.launch())) {
                    case Attachment.Attached(QemuProcess process) ->
                            alive.add(new MachineProcess(epoch, process));
                    case Attachment.Gone gone ->
                            LOG.infof(
                                    "vm=%s process=%s ended while no agent was there: %s",
                                    vm, epoch, gone);
                }
            } catch (QmpException silent) {
                throw new IOException(run.path() + ": " + silent.getMessage(), silent);
            }
        }
        Claim claim = view.claim();
        Optional<MachineProcess> counts =
                alive.stream()
                        .filter(process -> claim != null && process.epoch().equals(claim.process()))
                        .findFirst()
                        .or(() -> alive.stream().max(Comparator.comparing(MachineProcess::epoch)));
        counts.ifPresent(this::hold);
        alive.stream()
                .filter(process -> !Optional.of(process).equals(counts))
                .forEach(leftovers::add);
    }

    private List<Epoch> runEpochs() throws IOException {
        List<Epoch> epochs = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(runRoot, vm + ".*")) {
            for (Path path : found) {
                String name = path.getFileName().toString();
                epochs.add(new Epoch(Long.parseLong(name.substring(name.lastIndexOf('.') + 1))));
            }
        }
        return epochs;
    }

    /**
     * Starts a QEMU, vCPUs standing still. Nothing else of the machine is alive.
     *
     * @throws LaunchFailed when it did not come up; nothing of it is left
     */
    MachineProcess launch(
            Epoch epoch,
            Blueprint blueprint,
            HeldState state,
            boolean incoming,
            @Nullable ChildKeys keys)
            throws IOException, InterruptedException, LaunchFailed {
        removeEndedRunDirectories();
        RunDirectory run = runDirectory(epoch);
        QemuProcess process =
                launcher.launch(
                        new Launch(
                                blueprint.hardware(state.directory(), run, incoming),
                                blueprint.hasVtpm()
                                        ? Optional.of(state.directory().tpm())
                                        : Optional.empty(),
                                blueprint.runAs(),
                                new LeaseEnd.Never(),
                                limits.launch()),
                        keys);
        MachineProcess started = new MachineProcess(epoch, process);
        hold(started);
        return started;
    }

    private void hold(MachineProcess process) {
        current = process;
        var unusedEnd =
                process.qemu()
                        .qemuEnded()
                        .thenAcceptAsync(how -> ended.accept(process), Processes::onVirtualThread);
        var unusedTpm =
                process.qemu()
                        .swtpmEnded()
                        .thenAcceptAsync(
                                how -> tpmEnded.accept(process), Processes::onVirtualThread);
    }

    private static void onVirtualThread(Runnable work) {
        Thread.ofVirtual().name("process-end").start(work);
    }

    /** The logs of an ended guest are kept until the next start. */
    private void removeEndedRunDirectories() throws IOException {
        for (Epoch epoch : runEpochs()) {
            RunDirectory run = runDirectory(epoch);
            if (run.guardian().isEmpty()) {
                run.remove();
            }
        }
    }

    /**
     * What is read of the processes now, as the ownership protocol sees it.
     *
     * @param attempt the source's attempt that this agent carries, if there is one
     */
    Observed observe(AgentView view, Optional<Outgoing> attempt) throws InterruptedException {
        MachineProcess process = current;
        if (process == null || !process.qemu().isAlive()) {
            return new Observed.Nothing();
        }
        QmpCommands look = new QmpCommands(process.qemu().connection(), LOOK);
        try {
            var migration = look.migration().query().status();
            RunState status = look.status();
            return new Observed.Alive(
                    process.epoch(), state(status, migration, isClaimed(view, process.epoch())));
        } catch (QmpException silent) {
            if (!process.qemu().isAlive()) {
                return new Observed.Nothing();
            }
            // A broken network after migrate-continue holds QEMU's main loop; only what this agent
            // did is known then.
            boolean switching = attempt.map(Outgoing::isSwitchingOver).orElse(false);
            LOG.warnf(
                    "vm=%s QEMU does not answer (%s), taken as %s",
                    vm, silent.getMessage(), switching ? "device" : "running");
            return new Observed.Alive(process.epoch(), switching ? State.DEVICE : State.RUNNING);
        }
    }

    private static boolean isClaimed(AgentView view, Epoch process) {
        Claim claim = view.claim();
        return claim != null && claim.process().equals(process);
    }

    /** Both queries together: neither of them alone tells the states apart. */
    static State state(RunState status, MigrationStatus migration, boolean claimed) {
        if (migration == MigrationStatus.PRE_SWITCHOVER) {
            return State.PRE_SWITCHOVER;
        }
        if (migration == MigrationStatus.DEVICE) {
            return State.DEVICE;
        }
        return switch (status) {
            case RUNNING -> State.RUNNING;
            case INMIGRATE -> State.INCOMING;
            case PRELAUNCH -> State.PRELAUNCH;
            // A claimed process that is paused was stopped; one that nobody claimed is a target
            // that received all.
            case PAUSED ->
                    migration == MigrationStatus.COMPLETED && !claimed
                            ? State.LOADED
                            : State.PAUSED;
            case POSTMIGRATE ->
                    migration == MigrationStatus.COMPLETED ? State.POSTMIGRATE : State.PAUSED;
            // Between the last pass over the memory and the pause, or between the end of an attempt
            // and RESUME.
            case FINISH_MIGRATE -> migration.isTerminal() ? State.PAUSED : State.RUNNING;
            case DEBUG, RESTORE_VM, SAVE_VM, SUSPENDED, COLO -> State.PAUSED;
            case SHUTDOWN, GUEST_PANICKED, INTERNAL_ERROR, IO_ERROR, WATCHDOG -> State.ENDED;
        };
    }

    /** Kills everything of the machine that does not run a guest's claim any more. */
    void killAll() throws InterruptedException {
        MachineProcess process = current;
        if (process != null) {
            kill(process);
        }
        killLeftovers();
    }

    void killLeftovers() throws InterruptedException {
        for (MachineProcess left : leftovers) {
            kill(left);
        }
        leftovers.clear();
    }

    /** Kills the process of one epoch, current or left over; no such process is fine. */
    void kill(Epoch epoch) throws InterruptedException {
        MachineProcess process = current;
        if (process != null && process.epoch().equals(epoch)) {
            kill(process);
        }
        for (MachineProcess left : List.copyOf(leftovers)) {
            if (left.epoch().equals(epoch)) {
                kill(left);
                leftovers.remove(left);
            }
        }
    }

    private void kill(MachineProcess process) throws InterruptedException {
        if (!process.qemu().kill(limits.ending())) {
            throw new MachineRefusal.HypervisorFailed(
                            "the processes of epoch " + process.epoch() + " cannot be killed")
                    .of(vm);
        }
        forget(process);
    }

    /** After the process is gone. */
    void forget(MachineProcess process) {
        process.qemu().close();
        if (process.equals(current)) {
            current = null;
        }
    }

    /** Leaves the monitors; the guests run on. */
    void leave() {
        current().ifPresent(process -> process.qemu().close());
        leftovers.forEach(process -> process.qemu().close());
    }
}
