package io.tlvm.agent.machine;

import io.tlvm.agent.gueststate.Expectation;
import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.gueststate.Manifest;
import io.tlvm.agent.gueststate.ManifestCheck.Verdict;
import io.tlvm.agent.gueststate.StartExamination;
import io.tlvm.agent.hypervisor.qemu.ChildKeys;
import io.tlvm.agent.hypervisor.qemu.LaunchFailed;
import io.tlvm.agent.hypervisor.qemu.MigrationStatus;
import io.tlvm.agent.hypervisor.qemu.QmpCommands;
import io.tlvm.agent.hypervisor.qemu.QmpException;
import io.tlvm.agent.hypervisor.qemu.RunState;
import io.tlvm.agent.keys.MigrationKey;
import io.tlvm.agent.migration.Incoming;
import io.tlvm.agent.migration.Outgoing;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.row.Phase.StopMode;

import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Makes vCPUs run and stop. {@code cont} is given here and nowhere else, each time after a CLAIM
 * that is journaled.
 */
final class GuestActions {
    private static final Logger LOG = Logger.getLogger(GuestActions.class);

    /**
     * A guest may have missed the button while it booted; pressed every second, some take it for a
     * forced stop.
     */
    private static final Duration PRESS_AGAIN = Duration.ofSeconds(15);

    private final Workbench bench;

    GuestActions(Workbench bench) {
        this.bench = bench;
    }

    /**
     * Starts a new QEMU from a directory whose state is what was sealed (R5); a new migration key
     * with it.
     */
    Answer coldStart(Command.Run run, StateRef ref, Optional<Digest> ekFingerprint)
            throws IOException, InterruptedException {
        bench.outgoing().ifPresent(attempt -> bench.dropOutgoing());
        endIncoming("a cold start was granted");
        bench.processes.killAll();
        bench.dropHeld();
        Optional<String> exposed = bench.permissions.exposedKeys(ref);
        if (exposed.isPresent()) {
            bench.endReason = "KEY_MATERIAL_EXPOSED: " + exposed.get();
            LOG.errorf("vm=%s epoch=%s not started: %s", bench.vm, run.epoch(), bench.endReason);
            return new Answer.Exited(bench.endReason);
        }
        HeldState state;
        switch (bench.open(ref)) {
            case HeldState.Opening.Locked(String why) -> {
                return refuse(run, why);
            }
            case HeldState.Opening.Opened(HeldState opened) -> state = opened;
        }
        bench.hold(state);
        Optional<Manifest> known = state.readManifest();
        StartExamination.Outcome outcome =
                state.examination()
                        .examine(
                                new Expectation(
                                        bench.vm,
                                        ref,
                                        bench.equipment.node(),
                                        ekFingerprint.or(
                                                () ->
                                                        known.flatMap(Manifest::tpm)
                                                                .map(Manifest.Tpm::ekFingerprint)),
                                        Optional.empty()));
        outcome.manifest().flatMap(Manifest::tpm).ifPresent(tpm -> tpm.migrationKey().close());
        return switch (outcome.verdict()) {
            case Verdict.Refused(var why) -> refuse(run, why.message());
            case Verdict.Startable startable -> {
                if (startable.payload().isPresent() != bench.blueprint().hasVtpm()) {
                    yield refuse(
                            run, "the machine's description and its state disagree about a vTPM");
                }
                yield start(run, state, startable);
            }
        };
    }

    private Answer refuse(Command.Run run, String evidence) {
        bench.dropHeld();
        bench.refusedStart = new Workbench.RefusedStart(run.epoch(), evidence);
        bench.endReason = "STATE_REFUSED";
        LOG.errorf("vm=%s epoch=%s start refused: %s", bench.vm, run.epoch(), evidence);
        return new Answer.StateRefused(evidence);
    }

    private Answer start(Command.Run run, HeldState state, Verdict.Startable startable)
            throws IOException, InterruptedException {
        Manifest manifest =
                state.readManifest().orElseThrow(() -> new IOException("the manifest vanished"));
        if (startable.newer()) {
            state.seal(manifest.changed(startable.payload(), startable.variables()));
            manifest = state.manifest().orElseThrow();
        }
        MigrationKey key = MigrationKey.random(bench.equipment.random());
        manifest.tpm().ifPresent(tpm -> tpm.migrationKey().close());
        state.seal(
                manifest.opened(bench.equipment.node(), run.epoch())
                        .forColdStart(key, bench.equipment.host().swtpmVersion()));
        MachineProcess process;
        try {
            Blueprint blueprint = bench.blueprint();
            process =
                    bench.processes.launch(
                            run.epoch(),
                            blueprint,
                            state,
                            false,
                            keys(state, blueprint.hasVtpm(), key));
        } catch (LaunchFailed failed) {
            sealClosed(state);
            bench.endReason = "LAUNCH_FAILED: " + failed.getMessage();
            LOG.errorf("vm=%s epoch=%s %s", bench.vm, run.epoch(), failed.getMessage());
            return new Answer.Exited(bench.endReason);
        }
        bench.endReason = "";
        return makeRun(run.epoch(), process, state, Duration.ZERO, 0);
    }

    static @Nullable ChildKeys keys(HeldState state, boolean vtpm, MigrationKey migration) {
        return vtpm
                ? new ChildKeys(state.keys().swtpmKey()::writeHexLine, migration::writeHexLine)
                : null;
    }

    /** {@code cont}, seen to have worked, files synced, ACTIVATED. */
    private Answer.Activated makeRun(
            Epoch epoch, MachineProcess process, HeldState state, Duration pause, long completedAt)
            throws IOException, InterruptedException {
        QmpCommands qmp = process.qemu().commands();
        qmp.cont();
        Duration adopt =
                completedAt == 0
                        ? Duration.ZERO
                        : Duration.ofNanos(System.nanoTime() - completedAt);
        if (qmp.status() != RunState.RUNNING) {
            throw new MachineRefusal.HypervisorFailed(
                            "the guest is " + qmp.status().wire() + " after cont")
                    .of(bench.vm);
        }
        activated(epoch, state);
        return new Answer.Activated(pause, adopt);
    }

    private void activated(Epoch epoch, HeldState state) throws IOException {
        // QEMU writes the whole of VARS.fd at a target's cont and never syncs it.
        state.variables().sync();
        if (!epoch.equals(bench.journal.view().activated())) {
            bench.journal.append(new JournalRecord.Activated(epoch));
        }
        LOG.infof("vm=%s epoch=%s runs", bench.vm, epoch);
    }

    /**
     * The target's QEMU, on a just-read paused and completed: {@code cont} to one that still
     * receives would run it.
     */
    Answer adopt(Command.Run run, StateRef ref) throws IOException, InterruptedException {
        long grantedAt = System.nanoTime();
        MachineProcess process = requireProcess(run.epoch());
        HeldState state = bench.requireHeld(ref);
        openManifest(state, run.epoch());
        QmpCommands qmp = process.qemu().commands();
        MigrationStatus migration = qmp.migration().query().status();
        RunState status = qmp.status();
        if (status != RunState.PAUSED || migration != MigrationStatus.COMPLETED) {
            throw new MachineRefusal.HypervisorFailed(
                            "the loaded machine is "
                                    + status.wire()
                                    + ", its migration "
                                    + migration.wire())
                    .of(bench.vm);
        }
        long completedAt = bench.incoming().map(Incoming::completedAt).orElse(0L);
        Answer.Activated answer = makeRun(run.epoch(), process, state, Duration.ZERO, completedAt);
        qmp.announceSelf();
        bench.incoming().ifPresent(attempt -> attempt.adopted(grantedAt, answer.adopt()));
        bench.dropIncoming();
        bench.endReason = "";
        return answer;
    }

    private void openManifest(HeldState state, Epoch claim) throws IOException {
        Manifest manifest =
                state.manifest()
                        .orElseThrow(
                                () ->
                                        new MachineRefusal.StateUnusable(
                                                        state.directory().ref().value(),
                                                        "it has no manifest that opens")
                                                .of(bench.vm));
        if (!manifest.ranEpoch().equals(claim) || manifest.status() != Manifest.Status.OPEN) {
            state.seal(manifest.opened(bench.equipment.node(), claim));
        }
    }

    /** The source's own QEMU, whatever is left of the attempt: the guest runs on here. */
    Answer resume(Command.Run run, StateRef ref) throws IOException, InterruptedException {
        MachineProcess process =
                bench.processes
                        .current()
                        .orElseThrow(() -> new IllegalStateException("resume without a process"));
        HeldState state = bench.requireHeld(ref);
        openManifest(state, run.epoch());
        Optional<Outgoing> attempt = bench.outgoing();
        if (attempt.isPresent()) {
            attempt.get().abort("the attempt was aborted by the control plane");
            bench.dropOutgoing();
        }
        return settle(run.epoch(), process, state);
    }

    /** Ends what is left of a migration and sees that the guest runs. */
    private Answer settle(Epoch epoch, MachineProcess process, HeldState state)
            throws IOException, InterruptedException {
        QmpCommands qmp = process.qemu().commands();
        LeftMigration.Ended left = LeftMigration.end(qmp, bench.vm);
        RunState status = left.status();
        if (status == RunState.RUNNING) {
            activated(epoch, state);
            return new Answer.Activated(left.pause(), Duration.ZERO);
        }
        if (status != RunState.PAUSED
                && status != RunState.PRELAUNCH
                && status != RunState.POSTMIGRATE) {
            throw new MachineRefusal.HypervisorFailed(
                            "a guest that is " + status.wire() + " cannot be continued")
                    .of(bench.vm);
        }
        Answer answer = makeRun(epoch, process, state, left.pause(), 0);
        qmp.announceSelf();
        return answer;
    }

    /** The claim stands and its QEMU lives. */
    Answer ensureRunning(Command.Run run, StateRef ref) throws IOException, InterruptedException {
        MachineProcess process =
                bench.processes
                        .current()
                        .orElseThrow(() -> new IllegalStateException("a claim without a process"));
        boolean sending = bench.outgoing().filter(attempt -> !attempt.isOver()).isPresent();
        if (sending && run.epoch().equals(bench.journal.view().activated())) {
            // The guest is in the care of its attempt, which may have stopped it on purpose.
            return new Answer.Activated(Duration.ZERO, Duration.ZERO);
        }
        HeldState state = bench.requireHeld(ref);
        openManifest(state, run.epoch());
        return settle(run.epoch(), process, state);
    }

    /**
     * Graceful presses the button; forced ends QEMU now. Sealed only after both processes were
     * reaped.
     */
    Answer end(StopMode mode) throws IOException, InterruptedException {
        MachineProcess process =
                bench.processes
                        .current()
                        .orElseThrow(() -> new IllegalStateException("stop without a process"));
        return switch (mode) {
            case GRACEFUL -> {
                if (bench.mayPress(PRESS_AGAIN.toNanos())) {
                    process.qemu().commands().pressPowerButton();
                }
                yield new Answer.Stopping();
            }
            case FORCED -> {
                quit(process, "STOPPED");
                yield new Answer.Exited(bench.endReason);
            }
        };
    }

    /** Ends the process that counts and seals its state. */
    void quit(MachineProcess process, String reason) throws IOException, InterruptedException {
        Optional<Outgoing> attempt = bench.outgoing();
        if (attempt.isPresent() && process.qemu().isAlive()) {
            abandon(attempt.get(), reason);
        }
        bench.dropOutgoing();
        endIncoming(reason);
        if (process.qemu().isAlive()) {
            try {
                process.qemu().commands().quit();
            } catch (QmpException frozen) {
                LOG.warnf(
                        "vm=%s QEMU does not take quit (%s): killed",
                        bench.vm, frozen.getMessage());
            }
        }
        reap(process, reason);
    }

    private void abandon(Outgoing attempt, String reason) throws InterruptedException {
        try {
            attempt.abort(reason);
        } catch (QmpException frozen) {
            LOG.warnf(
                    "vm=%s the attempt was not undone in QEMU, which ends now: %s",
                    bench.vm, frozen.getMessage());
        }
    }

    /** Kills the process that counts, whatever it does, and seals what it left. */
    void kill(MachineProcess process, String reason) throws IOException, InterruptedException {
        bench.dropOutgoing();
        endIncoming(reason);
        if (!process.qemu().kill(bench.equipment.limits().ending())) {
            throw new MachineRefusal.HypervisorFailed("the processes cannot be killed")
                    .of(bench.vm);
        }
        reap(process, reason);
    }

    /** After QEMU ended, by whatever: waits for swtpm and guardian, seals, forgets. */
    void reap(MachineProcess process, String reason) throws IOException, InterruptedException {
        if (!process.qemu().awaitEnd(bench.equipment.limits().ending())
                && !process.qemu().kill(bench.equipment.limits().ending())) {
            throw new MachineRefusal.HypervisorFailed("the processes do not end").of(bench.vm);
        }
        bench.processes.forget(process);
        bench.endReason = reason;
        Optional<HeldState> state = bench.held();
        if (state.isPresent()) {
            sealClosed(state.get());
            bench.dropHeld();
        }
        LOG.infof("vm=%s process=%s ended: %s", bench.vm, process.epoch(), reason);
    }

    private void sealClosed(HeldState state) {
        try {
            state.close(bench.blueprint().hasVtpm())
                    .ifPresent(
                            why -> LOG.warnf("vm=%s the manifest stays OPEN: %s", bench.vm, why));
        } catch (IOException failed) {
            // OPEN is the honest state then: the next start checks the files against what was
            // sealed last.
            LOG.errorf(failed, "vm=%s the manifest stays OPEN", bench.vm);
        }
    }

    /**
     * A guest that ended while no agent was there: nothing writes any more, so its digests are
     * exact.
     */
    void sealEnded(StateRef ref) throws IOException {
        switch (bench.open(ref)) {
            case HeldState.Opening.Locked(String why) ->
                    LOG.infof(
                            "vm=%s directory %s of the last claim stays as it is: %s",
                            bench.vm, ref, why);
            case HeldState.Opening.Opened(HeldState state) -> {
                try (state) {
                    if (state.readManifest().isPresent()) {
                        sealClosed(state);
                    }
                }
            }
        }
    }

    private void endIncoming(String reason) {
        bench.incoming()
                .ifPresent(
                        attempt -> {
                            attempt.end(reason);
                            bench.dropIncoming();
                        });
    }

    private MachineProcess requireProcess(Epoch epoch) {
        return bench.processes
                .of(epoch)
                .orElseThrow(() -> new IllegalStateException("no process of epoch " + epoch));
    }
}
