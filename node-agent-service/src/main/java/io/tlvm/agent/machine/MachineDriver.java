package io.tlvm.agent.machine;

import com.google.protobuf.ByteString;

import io.tlvm.agent.gate.Point;
import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.hypervisor.qemu.MigrationInfo;
import io.tlvm.agent.hypervisor.qemu.QemuProcess;
import io.tlvm.agent.hypervisor.qemu.QmpException;
import io.tlvm.agent.keys.KeyWrap;
import io.tlvm.agent.keys.MigrationKey;
import io.tlvm.agent.migration.AttemptFailed;
import io.tlvm.agent.migration.AttemptKeeper;
import io.tlvm.agent.migration.Incoming;
import io.tlvm.agent.migration.Outgoing;
import io.tlvm.agent.migration.VerifiedPlan;
import io.tlvm.node.v1.MachineReport;
import io.tlvm.node.v1.MachineSpec;
import io.tlvm.node.v1.StorageLocation;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.journal.Agent;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.Observed;
import io.tlvm.ownership.journal.RowSeen;
import io.tlvm.ownership.journal.Verdict;
import io.tlvm.ownership.journal.Verdict.Action;
import io.tlvm.ownership.journal.Verdict.Word;
import io.tlvm.ownership.row.Phase.StopMode;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Everything of one machine on this node goes through here: read the processes, ask {@link Agent},
 * append and sync, act, answer. One queue, so nothing comes between a decision and its action; what
 * takes long (memory, the switch-over, the target's loading) goes on outside and comes back for a
 * turn, so a stop or an abort never waits behind it.
 */
public final class MachineDriver implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(MachineDriver.class);
    private static final Duration REPORT_PATIENCE = Duration.ofMillis(500);

    /** Longer than any migration whose deadline the row may extend. */
    private static final Duration ANSWER_MAX = Duration.ofHours(1);

    private final VmUid vm;
    private final Workbench bench;
    private final TurnQueue queue;
    private final StateActions states;
    private final GuestActions guest;
    private final MigrationActions migrations;
    private final RecoveryActions recoveries;
    private final BackupActions backups;
    private final MachineReports reports;

    private MachineDriver(VmUid vm, NodeEquipment equipment, boolean debugPaths)
            throws IOException {
        this.vm = vm;
        this.queue = new TurnQueue(vm, equipment.limits().turn());
        this.bench =
                new Workbench(
                        vm,
                        equipment,
                        MachineJournal.open(equipment.journals(), vm),
                        new Processes(vm, equipment, this::qemuEnded, this::tpmEnded));
        this.states = new StateActions(bench);
        this.guest = new GuestActions(bench);
        this.migrations = new MigrationActions(bench, new Keeper(), states);
        this.recoveries = new RecoveryActions(bench, guest);
        this.backups = new BackupActions(bench);
        this.reports = new MachineReports(bench, debugPaths);
    }

    /**
     * Opens the machine: its journal, and the processes that an earlier agent left.
     *
     * @throws MachineRefused when the journal is damaged: then nothing may be done for the machine
     *     here
     * @throws IOException when its processes do not answer
     */
    static MachineDriver open(VmUid vm, NodeEquipment equipment, boolean debugPaths)
            throws IOException, InterruptedException {
        MachineDriver driver = new MachineDriver(vm, equipment, debugPaths);
        boolean open = false;
        try {
            open =
                    driver.queue.take(
                            () -> {
                                driver.restarted();
                                return true;
                            });
            return driver;
        } finally {
            if (!open) {
                driver.close();
            }
        }
    }

    /**
     * What an agent held in memory alone is lost: its attempts are over, and a source at the pause
     * is told so.
     */
    private void restarted() throws IOException, InterruptedException {
        bench.journal.append(Agent.restarted(bench.journal.view()));
        bench.processes.attach(bench.journal.view());
        Optional<MachineProcess> process = bench.processes.current();
        var claim = bench.journal.view().claim();
        if (process.isEmpty()) {
            if (claim != null && bench.spec().isPresent() && !bench.journal.view().purged()) {
                bench.endReason = "ended while the agent was away";
                guest.sealEnded(claim.directory());
            }
            return;
        }
        if (claim != null && claim.process().equals(process.get().epoch())) {
            bench.requireHeld(claim.directory());
        }
        if (bench.observe() instanceof Observed.Alive(_, var state)
                && state == Observed.State.PRE_SWITCHOVER) {
            LOG.infof("vm=%s a migration stood at pre-switchover without its agent: cancelled", vm);
            process.get().qemu().commands().migration().cancel();
        }
    }

    public VmUid vm() {
        return vm;
    }

    /** What this node's journal says of the machine now. */
    public AgentView journal() {
        return bench.journal.view();
    }

    /** The hardware that the last command brought. */
    public Optional<MachineSpec> spec() {
        return bench.spec();
    }

    /**
     * Obeys a command, or says why not. May be repeated: the answer is the same.
     *
     * @throws MachineRefused when it is not obeyed
     */
    public Answer obey(Order order) throws InterruptedException {
        Optional<Point> gate = Point.before(order.command());
        if (gate.isPresent()) {
            gate.get().pass(bench.equipment.gates());
        }
        CompletableFuture<Answer> answer = queue.take(() -> decide(order));
        try {
            return answer.get(ANSWER_MAX.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof AttemptFailed.AttemptEnded) {
                throw new MachineRefusal.Protocol(
                                new Verdict.Reason.AttemptOver(order.command().op()))
                        .of(vm);
            }
            throw Failures.asRefusal(vm, failed.getCause());
        } catch (TimeoutException late) {
            throw new MachineRefusal.Busy(ANSWER_MAX).of(vm);
        }
    }

    private CompletableFuture<Answer> decide(Order order) throws IOException, InterruptedException {
        Verdict verdict = Agent.decide(bench.journal.view(), order.command(), bench.observe());
        return switch (verdict) {
            case Verdict.Refuse(var reason) -> throw new MachineRefusal.Protocol(reason).of(vm);
            case Verdict.Answer(var first, var word) -> {
                bench.journal.append(first);
                yield CompletableFuture.completedFuture(answer(order, word));
            }
            case Verdict.Do(var first, var action) -> {
                bench.journal.append(first);
                if (order.spec().isPresent()) {
                    bench.remember(order.spec().get());
                }
                LOG.infof(
                        "vm=%s op=%s epoch=%s %s",
                        vm, order.command().op(), order.command().epoch(), action);
                yield act(order, action);
            }
        };
    }

    private CompletableFuture<Answer> act(Order order, Action action)
            throws IOException, InterruptedException {
        Command command = order.command();
        return switch (action) {
            case Action.MakeState(var ref) -> done(states.make(command, ref));
            case Action.DropState(var ref) -> done(states.drop(storage(order), ref));
            case Action.ColdStart(var ref) ->
                    done(guest.coldStart((Command.Run) command, ref, order.ekFingerprint()));
            case Action.Adopt(var ref) -> done(guest.adopt((Command.Run) command, ref));
            case Action.Resume() ->
                    done(guest.resume((Command.Run) command, ((Command.Run) command).directory()));
            case Action.EnsureRunning() ->
                    done(
                            guest.ensureRunning(
                                    (Command.Run) command, ((Command.Run) command).directory()));
            case Action.EndGuest() -> done(guest.end(stopMode(command)));
            case Action.PrepareTarget(var ref) -> done(migrations.prepare(plan(order), ref));
            case Action.RepeatPrepared(var ref) ->
                    done(migrations.repeatPrepared(command.op(), ref));
            case Action.Send() -> migrations.send(order, plan(order));
            case Action.SwitchOver() -> migrations.switchOver(command.op());
            case Action.AwaitLoaded() ->
                    migrations.awaitLoaded(command.op(), attemptDirectory(command));
            case Action.StoreState store -> done(recoveries.store(order, store));
            case Action.DestroyAttempt() ->
                    done(migrations.discard(storage(order), command.op(), command.epoch()));
            case Action.DestroySource(var ref) -> {
                var process = bench.processes.current().filter(found -> usesDirectory(ref));
                if (process.isPresent()) {
                    guest.quit(process.get(), "MIGRATED");
                }
                states.destroy(storage(order), ref);
                bench.journal.append(new JournalRecord.Tombstone(command.op(), command.epoch()));
                yield done(new Answer.Done());
            }
            case Action.DestroyAll() -> done(states.destroyAll(storage(order)));
        };
    }

    /**
     * A target's process of another attempt may live here meanwhile: it is not the retired
     * source's.
     */
    private boolean usesDirectory(StateRef ref) {
        Optional<HeldState> held = bench.held();
        if (held.isPresent()) {
            return held.get().directory().ref().equals(ref);
        }
        var claim = bench.journal.view().claim();
        return claim != null && claim.directory().equals(ref);
    }

    private Answer answer(Order order, Word word) throws IOException {
        return switch (word) {
            case Word.Exited(Epoch epoch) -> {
                var refused = bench.refusedStart;
                yield refused != null && refused.epoch().equals(epoch)
                        ? new Answer.StateRefused(refused.evidence())
                        : new Answer.Exited(bench.endReason);
            }
            case Word.Gone _ -> new Answer.Gone();
            case Word.NotClaimed _ -> new Answer.NotClaimed();
            case Word.Released released -> migrations.releasedAgain(order.command().op(), released);
            case Word.Loaded(Digest digest) ->
                    migrations.loaded(digest, attemptDirectory(order.command()));
            case Word.Stored(Digest digest) -> recoveries.stored(digest, order.command());
            case Word.Destroyed() -> new Answer.Done();
        };
    }

    private static StateRef attemptDirectory(Command command) {
        return StateRef.ofAttempt(command.epoch(), command.op());
    }

    private static CompletableFuture<Answer> done(Answer answer) {
        return CompletableFuture.completedFuture(answer);
    }

    private static StopMode stopMode(Command command) {
        return command instanceof Command.Stop stop ? stop.mode() : StopMode.FORCED;
    }

    private static VerifiedPlan plan(Order order) {
        return order.plan()
                .orElseThrow(() -> new IllegalArgumentException("this command comes with a plan"));
    }

    private StorageLocation storage(Order order) {
        return order.storage()
                .orElseThrow(
                        () -> new IllegalArgumentException("this command names a storage path"));
    }

    /** The attempt that a transfer belongs to. */
    public Optional<Incoming> incoming(OperationId op, Epoch attemptEpoch) {
        return bench.incoming()
                .filter(
                        attempt ->
                                attempt.plan().op().equals(op)
                                        && attempt.plan().attemptEpoch().equals(attemptEpoch));
    }

    /** How far an outgoing attempt is; empty when nothing is sent. */
    public Optional<MigrationInfo> progress(OperationId op) throws InterruptedException {
        Optional<Outgoing> attempt =
                bench.outgoing().filter(held -> held.plan().op().equals(op) && !held.isOver());
        try {
            return attempt.isPresent() ? Optional.of(attempt.get().progress()) : Optional.empty();
        } catch (QmpException silent) {
            throw Failures.asRefusal(vm, silent);
        }
    }

    /**
     * What the node tells of the machine: read now, or what was read last while the queue is busy.
     */
    public MachineReport report() throws InterruptedException {
        try {
            return queue.take(reports::read, REPORT_PATIENCE);
        } catch (MachineRefused busy) {
            return reports.last();
        }
    }

    /**
     * The recovery wraps of every directory that this node made for the machine; those that were
     * missing are made.
     *
     * @throws MachineRefused when the machine is busy, its storage path is away, or the medium
     *     fails
     */
    public Map<StateRef, List<KeyWrap>> recoveryWraps() throws InterruptedException {
        return queue.take(states::recoveryWraps, REPORT_PATIENCE);
    }

    /**
     * Makes a backup of the machine's guest state: the content of its file.
     *
     * @throws MachineRefused when a newer row decided something else, the state is not what was
     *     sealed or keeps changing, or the medium fails
     */
    public ByteString backup(BackupOrder order) throws InterruptedException {
        return queue.take(() -> backups.seal(order));
    }

    /**
     * What this node does about the machine after it was fenced, before it joins (R9).
     *
     * @param row as it was read just now
     * @throws MachineRefused when its processes cannot be killed, or the journal or medium fails:
     *     then the node must not join
     */
    public Returned comeHome(RowSeen row) throws InterruptedException {
        return queue.take(() -> recoveries.comeHome(row));
    }

    /** After a Join: nothing older than the row that was told then is ever obeyed again (R9). */
    public void raise(RowVersion told) throws InterruptedException {
        boolean unused =
                queue.take(
                        () -> {
                            bench.journal.append(new JournalRecord.Seen(told, Epoch.NONE));
                            return true;
                        });
    }

    /**
     * For what changes no ownership and so has no command.
     *
     * @throws MachineRefused when a newer row decided something else, or the machine is purged
     */
    public void requireCurrent(RowVersion asked) {
        bench.requireCurrent(asked);
    }

    /**
     * Once a second: follow the guest's state, look at the vTPM. Left out while the queue has work.
     */
    void tick() {
        if (!queue.isBusy() && bench.permissions.isDue()) {
            queue.later(
                    "look at permissions",
                    () -> {
                        bench.permissions.look();
                        return true;
                    });
        }
        if (!queue.isBusy() && bench.processes.current().isPresent()) {
            queue.later(
                    "follow",
                    () -> {
                        var process = bench.processes.current();
                        boolean ended =
                                bench.observe() instanceof Observed.Alive(_, var state)
                                        && state == Observed.State.ENDED;
                        if (ended && process.isPresent()) {
                            guest.quit(process.get(), "GUEST_ENDED");
                        }
                        Optional<HeldState> held = bench.held();
                        if (held.isPresent()) {
                            held.get().follow();
                        }
                        return true;
                    });
        }
    }

    private void qemuEnded(MachineProcess process) {
        queue.later(
                "reap",
                () -> {
                    if (bench.processes.of(process.epoch()).isPresent()) {
                        String reason =
                                "QEMU ended: "
                                        + process.qemu()
                                                .qemuEnded()
                                                .toCompletableFuture()
                                                .getNow(null);
                        bench.incoming().ifPresent(attempt -> attempt.end(reason));
                        bench.outgoing().ifPresent(attempt -> bench.dropOutgoing());
                        guest.reap(process, bench.endReason.isEmpty() ? reason : bench.endReason);
                    }
                    return true;
                });
    }

    /** I9: a guest does not go on with a TPM that answers with errors. */
    private void tpmEnded(MachineProcess process) {
        queue.later(
                "vTPM failure",
                () -> {
                    if (bench.processes.of(process.epoch()).isPresent()
                            && process.qemu().isAlive()) {
                        LOG.errorf(
                                "vm=%s swtpm ended under a running guest: the guest is stopped and"
                                        + " ended",
                                vm);
                        bench.endReason = "VTPM_FAILED";
                        try {
                            process.qemu().commands().stop();
                        } catch (QmpException frozen) {
                            LOG.warnf("vm=%s stop: %s", vm, frozen.getMessage());
                        }
                        guest.quit(process, "VTPM_FAILED");
                    }
                    return true;
                });
    }

    /** Leaves the machine as it is; its processes run on. */
    @Override
    public void close() throws IOException {
        queue.close();
        bench.processes.leave();
        bench.journal.close();
    }

    /** The turns that an attempt asks for. */
    private final class Keeper implements AttemptKeeper {
        @Override
        public boolean release(VerifiedPlan plan, Digest digest) throws InterruptedException {
            return queue.take(() -> migrations.release(plan, digest));
        }

        @Override
        public void over(VerifiedPlan plan, String why) throws InterruptedException {
            boolean unused =
                    queue.take(
                            () -> {
                                migrations.over(plan, why);
                                return true;
                            });
        }

        @Override
        public QemuProcess start(Incoming attempt, Optional<MigrationKey> key)
                throws AttemptFailed, InterruptedException {
            return orAttemptFailed(() -> queue.take(() -> migrations.startTarget(attempt, key)));
        }

        @Override
        public Digest load(Incoming attempt) throws AttemptFailed, InterruptedException {
            return orAttemptFailed(() -> queue.take(() -> migrations.load(attempt)));
        }

        private static <T> T orAttemptFailed(Turn<T> turn)
                throws AttemptFailed, InterruptedException {
            try {
                return turn.take();
            } catch (MachineRefused refused) {
                throw new AttemptFailed(String.valueOf(refused.getMessage()));
            }
        }
    }

    private interface Turn<T> {
        T take() throws InterruptedException;
    }
}
