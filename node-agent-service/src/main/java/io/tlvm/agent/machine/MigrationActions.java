package io.tlvm.agent.machine;

import com.google.protobuf.ByteString;

import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.gueststate.RecoveryWraps;
import io.tlvm.agent.gueststate.StateDirectory;
import io.tlvm.agent.gueststate.StateTree;
import io.tlvm.agent.gueststate.StateTree.Publication;
import io.tlvm.agent.hypervisor.qemu.LaunchFailed;
import io.tlvm.agent.hypervisor.qemu.MigrationCapability;
import io.tlvm.agent.hypervisor.qemu.MigrationParameters;
import io.tlvm.agent.hypervisor.qemu.QemuProcess;
import io.tlvm.agent.hypervisor.qemu.QmpException;
import io.tlvm.agent.hypervisor.qemu.QmpMigration;
import io.tlvm.agent.keys.MigrationKey;
import io.tlvm.agent.keys.OneTimeKey;
import io.tlvm.agent.migration.AttemptFailed;
import io.tlvm.agent.migration.AttemptKeeper;
import io.tlvm.agent.migration.Incoming;
import io.tlvm.agent.migration.Outgoing;
import io.tlvm.agent.migration.VerifiedPlan;
import io.tlvm.node.v1.StorageLocation;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.Verdict.Reason;
import io.tlvm.ownership.journal.Verdict.Word;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The steps of a live migration on this node; what takes long goes on outside of the machine's
 * queue.
 */
final class MigrationActions {
    private static final Logger LOG = Logger.getLogger(MigrationActions.class);

    private final Workbench bench;
    private final AttemptKeeper keeper;
    private final StateActions states;

    MigrationActions(Workbench bench, AttemptKeeper keeper, StateActions states) {
        this.bench = bench;
        this.keeper = keeper;
        this.states = states;
    }

    // ---- target ----

    /**
     * The attempt's directory with a key of its own, and the one-operation key; processes follow
     * with the vTPM's key.
     */
    Answer prepare(VerifiedPlan plan, StateRef ref) throws IOException, InterruptedException {
        bench.incoming().ifPresent(left -> left.end("another attempt was prepared"));
        bench.dropIncoming();
        bench.processes.killAll();
        bench.dropHeld();
        Blueprint blueprint = bench.blueprint();
        StateTree tree = bench.tree();
        StateDirectory staged = tree.stage(bench.vm, ref);
        HeldState made =
                HeldState.make(
                        staged,
                        bench.equipment.keys(),
                        bench.equipment.random(),
                        blueprint.firmware(),
                        bench.equipment.ownerOf(blueprint.spec()),
                        bench.equipment.node());
        // swtpm and QEMU work in it by its path, so it gets its name first. Without a manifest
        // nothing starts from it.
        made.variables().create(blueprint.firmware());
        made.owner().take(staged.tpm(), "rwx------");
        StateDirectory named =
                switch (tree.publish(staged)) {
                    case Publication.Published(StateDirectory published) -> published;
                    case Publication.NameTaken _ -> {
                        made.close();
                        throw new MachineRefusal.Protocol(new Reason.AttemptOver(plan.op()))
                                .of(bench.vm);
                    }
                };
        HeldState state = made.renamed(named);
        bench.hold(state);
        Incoming attempt =
                new Incoming(
                        plan,
                        OneTimeKey.generate(),
                        state,
                        blueprint.hasVtpm(),
                        keeper,
                        bench.equipment.gates());
        bench.hold(attempt);
        LOG.infof(
                "vm=%s op=%s prepared for %s, directory %s",
                bench.vm, plan.op(), plan.source(), ref);
        return prepared(attempt, ref);
    }

    /** The same answer, as long as its key lives. */
    Answer repeatPrepared(OperationId op, StateRef ref) {
        return prepared(requireIncoming(op), ref);
    }

    private static Answer prepared(Incoming attempt, StateRef ref) {
        return new Answer.Prepared(ref, ByteString.copyFrom(attempt.publicKey()));
    }

    private Incoming requireIncoming(OperationId op) {
        return bench.incoming()
                .filter(attempt -> attempt.plan().op().equals(op) && attempt.isAlive())
                .orElseThrow(
                        () -> new MachineRefusal.Protocol(new Reason.AttemptOver(op)).of(bench.vm));
    }

    /**
     * Starts the target's processes; the capabilities are asserted before anything listens (R3).
     */
    QemuProcess startTarget(Incoming attempt, Optional<MigrationKey> received)
            throws AttemptFailed, IOException, InterruptedException, LaunchFailed {
        attempt.requireAlive();
        requireStillWanted(attempt.plan());
        Blueprint blueprint = bench.blueprint();
        MigrationKey key = received.orElseGet(() -> MigrationKey.random(bench.equipment.random()));
        MachineProcess process =
                bench.processes.launch(
                        attempt.plan().attemptEpoch(),
                        blueprint,
                        attempt.guestState(),
                        true,
                        GuestActions.keys(attempt.guestState(), blueprint.hasVtpm(), key));
        try {
            QmpMigration migration = process.qemu().commands().migration();
            migration.setCapabilities(MigrationCapability.TARGET);
            migration.setParameters(MigrationParameters.DEFAULT);
            migration.listen(process.qemu().runDirectory().migrationSocket());
        } catch (QmpException refused) {
            bench.processes.killAll();
            throw refused;
        }
        return process.qemu();
    }

    /** What arrived is checked, synced and sealed; then LOADED is journaled. */
    Digest load(Incoming attempt) throws AttemptFailed, IOException {
        attempt.requireAlive();
        requireStillWanted(attempt.plan());
        var digest = attempt.seal(bench.equipment.node());
        bench.journal.append(
                new JournalRecord.Loaded(
                        attempt.plan().op(), attempt.plan().attemptEpoch(), digest));
        LOG.infof("vm=%s op=%s loaded %s", bench.vm, attempt.plan().op(), digest);
        return digest;
    }

    private void requireStillWanted(VerifiedPlan plan) {
        AgentView view = bench.journal.view();
        if (view.isDead(plan.op(), plan.attemptEpoch())
                || view.refused().contains(plan.op())
                || view.purged()) {
            throw new MachineRefusal.Protocol(new Reason.AttemptOver(plan.op())).of(bench.vm);
        }
    }

    CompletableFuture<Answer> awaitLoaded(OperationId op, StateRef ref) {
        return requireIncoming(op).loaded().thenApply(digest -> loaded(digest, ref));
    }

    /** With the wraps of the attempt's key: the control plane keeps them before it commits. */
    Answer loaded(Digest digest, StateRef ref) {
        try {
            Optional<StateDirectory> directory = bench.tree().open(bench.vm, ref);
            return new Answer.Loaded(
                    digest, directory.isPresent() ? RecoveryWraps.of(directory.get()) : List.of());
        } catch (IOException failing) {
            throw Failures.asRefusal(bench.vm, failing);
        }
    }

    /** Kills the processes of this attempt, no others, and destroys its directory. */
    Answer discard(StorageLocation storage, OperationId op, Epoch attemptEpoch)
            throws IOException, InterruptedException {
        bench.incoming()
                .filter(attempt -> attempt.plan().op().equals(op))
                .ifPresent(
                        attempt -> {
                            attempt.end("the attempt was discarded");
                            bench.dropIncoming();
                        });
        bench.processes.kill(attemptEpoch);
        states.destroy(storage, StateRef.ofAttempt(attemptEpoch, op));
        return new Answer.Done();
    }

    // ---- source ----

    /** Begins to send, or joins the attempt that is under way. */
    CompletableFuture<Answer> send(Order order, VerifiedPlan plan) throws IOException {
        Optional<Outgoing> running =
                bench.outgoing().filter(attempt -> attempt.plan().isSameAttempt(plan));
        if (running.isEmpty()) {
            bench.outgoing()
                    .filter(other -> !other.isOver())
                    .ifPresent(
                            other -> {
                                throw new MachineRefusal.TransferFailed(
                                                "operation "
                                                        + other.plan().op()
                                                        + " is sending this machine already")
                                        .of(bench.vm);
                            });
            MachineProcess process =
                    bench.processes
                            .current()
                            .orElseThrow(
                                    () ->
                                            new IllegalStateException(
                                                    "a guest to send without a process"));
            var claim = bench.journal.view().claim();
            if (claim == null) {
                throw new IllegalStateException("a guest to send without a claim");
            }
            Outgoing attempt =
                    new Outgoing(
                            plan,
                            process.qemu(),
                            bench.requireHeld(claim.directory()),
                            bench.equipment.link(),
                            keeper,
                            bench.equipment.gates(),
                            bench.equipment.limits().migration(),
                            order.bytesPerSecond());
            bench.hold(attempt);
            attempt.start();
            running = Optional.of(attempt);
        }
        return running.get().atPause().thenApply(nothing -> new Answer.AtPreSwitchover());
    }

    CompletableFuture<Answer> switchOver(OperationId op) {
        Outgoing attempt =
                bench.outgoing()
                        .filter(held -> held.plan().op().equals(op))
                        .orElseThrow(
                                () ->
                                        new MachineRefusal.Protocol(new Reason.AttemptOver(op))
                                                .of(bench.vm));
        return attempt.switchOver()
                .thenApply(
                        promise ->
                                new Answer.Released(
                                        promise.digest(),
                                        promise.preSwitchover(),
                                        promise.qemuDowntime()));
    }

    /** The promise, unless an abort came first: both are turns of the same queue. */
    boolean release(VerifiedPlan plan, Digest digest) {
        boolean current =
                bench.outgoing()
                        .filter(
                                attempt ->
                                        attempt.plan().op().equals(plan.op()) && !attempt.isOver())
                        .isPresent();
        if (!current || bench.journal.view().refused().contains(plan.op())) {
            return false;
        }
        bench.journal.append(new JournalRecord.Released(plan.op(), plan.sourceEpoch(), digest));
        LOG.infof("vm=%s op=%s released %s", bench.vm, plan.op(), digest);
        return true;
    }

    void over(VerifiedPlan plan, String why) {
        if (!bench.journal.view().released().containsKey(plan.op())) {
            bench.journal.append(new JournalRecord.Refused(plan.op(), plan.sourceEpoch()));
            LOG.infof("vm=%s op=%s goes no further: %s", bench.vm, plan.op(), why);
        }
    }

    /** What the source promised, once more. */
    Answer releasedAgain(OperationId op, Word.Released word) {
        Optional<Outgoing> attempt = bench.outgoing().filter(held -> held.plan().op().equals(op));
        return attempt.flatMap(Outgoing::promised)
                .map(
                        promise ->
                                new Answer.Released(
                                        word.digest(),
                                        promise.preSwitchover(),
                                        promise.qemuDowntime()))
                .orElseGet(() -> new Answer.Released(word.digest(), Duration.ZERO, Duration.ZERO));
    }
}
