package io.tlvm.agent.migration;

import io.tlvm.agent.gate.Point;
import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.hypervisor.qemu.MigrationCapability;
import io.tlvm.agent.hypervisor.qemu.MigrationInfo;
import io.tlvm.agent.hypervisor.qemu.MigrationParameters;
import io.tlvm.agent.hypervisor.qemu.MigrationStatus;
import io.tlvm.agent.hypervisor.qemu.QemuProcess;
import io.tlvm.agent.hypervisor.qemu.QmpException;
import io.tlvm.agent.hypervisor.qemu.QmpMigration;
import io.tlvm.agent.migration.AttemptFailed.AttemptEnded;
import io.tlvm.agent.migration.TransferLink.GuestStateChannel;
import io.tlvm.agent.migration.TransferLink.MemoryChannel;
import io.tlvm.foundation.gate.Gates;
import io.tlvm.ownership.id.Digest;

import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The source's side of one attempt.
 *
 * <pre>
 * SENDING --pre-switchover--> AT_PAUSE --GO--> SWITCHING --completed, LOADED, same digest--> RELEASED
 *    |                            |                 |
 *    +---- failed, aborted -------+-- no GO in 2 s -+-- failed, aborted --> OVER: the guest runs here
 * </pre>
 *
 * Sending runs on a thread of its own, so that a stop or an abort is never behind it.
 */
public final class Outgoing {
    private static final Logger LOG = Logger.getLogger(Outgoing.class);
    private static final Duration CUT = Duration.ofMillis(500);
    private static final Duration SETTLING = Duration.ofSeconds(5);

    private enum State {
        SENDING,
        AT_PAUSE,
        SWITCHING,
        RELEASED,
        OVER
    }

    /** What the source promised, and how long the guest stood still for it. */
    public record Promise(Digest digest, Duration preSwitchover, Duration qemuDowntime) {}

    private final VerifiedPlan plan;
    private final QemuProcess qemu;
    private final HeldState guestState;
    private final TransferLink link;
    private final AttemptKeeper keeper;
    private final Gates gates;
    private final MigrationLimits limits;
    private final long bytesPerSecond;
    private final ReentrantLock lock = new ReentrantLock();
    private final CompletableFuture<Void> atPause = new CompletableFuture<>();
    private final CountDownLatch decided = new CountDownLatch(1);
    private State state = State.SENDING;
    private String why = "";
    private boolean began;
    private long pausedAt;
    private volatile @Nullable GuestStateChannel pieces;
    private volatile @Nullable MemoryChannel memory;
    private final CompletableFuture<Promise> promise = new CompletableFuture<>();

    /**
     * An attempt that has not begun.
     *
     * @param guestState that the guest runs on, with its manifest
     * @param bytesPerSecond limit of the memory stream, 0 for none
     */
    public Outgoing(
            VerifiedPlan plan,
            QemuProcess qemu,
            HeldState guestState,
            TransferLink link,
            AttemptKeeper keeper,
            Gates gates,
            MigrationLimits limits,
            long bytesPerSecond) {
        this.plan = plan;
        this.qemu = qemu;
        this.guestState = guestState;
        this.link = link;
        this.keeper = keeper;
        this.gates = gates;
        this.limits = limits;
        this.bytesPerSecond = bytesPerSecond;
    }

    public VerifiedPlan plan() {
        return plan;
    }

    /**
     * Whether {@code migrate-continue} may have been given: then a cancel could leave the disk
     * inactive.
     */
    public boolean isSwitchingOver() {
        return is(State.SWITCHING);
    }

    /** Whether the guest is here and the attempt goes no further. */
    public boolean isOver() {
        return is(State.OVER);
    }

    private boolean is(State asked) {
        lock.lock();
        try {
            return state == asked;
        } finally {
            lock.unlock();
        }
    }

    /** Begins to send. */
    public void start() {
        Thread.ofVirtual()
                .name("outgoing-" + plan.vm())
                .start(
                        () -> {
                            try {
                                send();
                            } catch (AttemptFailed
                                    | IOException
                                    | QmpException
                                    | GeneralSecurityException failed) {
                                giveUp(String.valueOf(failed.getMessage()));
                            } catch (InterruptedException stop) {
                                Thread.currentThread().interrupt();
                            }
                        });
    }

    /**
     * Completes when the source stands at pre-switchover; exceptionally with {@link AttemptFailed}.
     */
    public CompletableFuture<Void> atPause() {
        return atPause.copy();
    }

    /** How far the memory is. */
    public MigrationInfo progress() throws InterruptedException {
        return migration().query();
    }

    private QmpMigration migration() {
        return qemu.commands().migration();
    }

    private void send()
            throws AttemptFailed, IOException, GeneralSecurityException, InterruptedException {
        Point.SEND.pass(gates);
        GuestStateChannel channel = link.openGuestState(plan, limits.handover());
        pieces = channel;
        PieceSender sender = new PieceSender(plan, guestState, channel, limits.handover());
        sender.sendVariables();
        sender.sendIdentity();
        LOG.infof("vm=%s op=%s guest state sent ahead to %s", plan.vm(), plan.op(), plan.target());
        sendMemory();
        Duration left = Duration.between(Instant.now(), plan.deadline());
        MigrationInfo stopped =
                migration()
                        .await(
                                status ->
                                        status == MigrationStatus.PRE_SWITCHOVER
                                                || status.isTerminal(),
                                left)
                        .orElseThrow(
                                () ->
                                        new AttemptFailed(
                                                "memory was not copied by the plan's deadline"));
        if (stopped.status() != MigrationStatus.PRE_SWITCHOVER) {
            throw new AttemptFailed(
                    "QEMU ended the migration as "
                            + stopped.status().wire()
                            + stopped.error().map(error -> ": " + error).orElse(""));
        }
        pausedAt = System.nanoTime();
        Thread.ofVirtual().name("go-" + plan.vm()).start(this::resumeUnlessDecided);
        sender.sendVariables();
        Point.PRE_SWITCHOVER.pass(gates);
        move(State.SENDING, State.AT_PAUSE);
        LOG.infof("vm=%s op=%s at pre-switchover", plan.vm(), plan.op());
        atPause.complete(null);
    }

    private void sendMemory() throws AttemptFailed, IOException, InterruptedException {
        migration().setCapabilities(MigrationCapability.SOURCE);
        migration()
                .setParameters(
                        new MigrationParameters(
                                MigrationParameters.DEFAULT.downtimeLimit(), bytesPerSecond));
        MemoryChannel channel = link.openMemory(plan, limits.handover());
        memory = channel;
        var unused = channel.ended().thenAccept(this::streamEnded);
        try (StreamSocket socket =
                StreamSocket.bind(qemu.runDirectory().migrationSocket(), guestState.owner())) {
            lock.lock();
            try {
                requireNotOver();
                began = true;
                migration().start(socket.path());
            } finally {
                lock.unlock();
            }
            SocketChannel stream = socket.accept(limits.handover());
            channel.pump(stream);
        }
    }

    /**
     * At pre-switchover QEMU does not notice that its stream is gone (measured): somebody has to
     * tell it.
     */
    private void streamEnded(String reason) {
        if (is(State.AT_PAUSE)) {
            giveUp("the stream ended: " + reason);
        }
    }

    private void resumeUnlessDecided() {
        try {
            long left = limits.go().toNanos() - (System.nanoTime() - pausedAt);
            if (!decided.await(Math.max(0, left), TimeUnit.NANOSECONDS)) {
                giveUp("no GO came within " + limits.go().toMillis() + " ms at pre-switchover");
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * GO: steps 7 to 9. May be called again; the answer is the same.
     *
     * @return the promise, when it is journaled; exceptionally with {@link AttemptFailed}, and the
     *     guest is here
     */
    public CompletableFuture<Promise> switchOver() {
        lock.lock();
        try {
            if (state == State.AT_PAUSE) {
                state = State.SWITCHING;
                decided.countDown();
                Thread.ofVirtual().name("switch-over-" + plan.vm()).start(this::runSwitchOver);
            } else if (state == State.SENDING) {
                return CompletableFuture.failedFuture(
                        new AttemptFailed("memory is still being copied"));
            } else if (state == State.OVER) {
                return CompletableFuture.failedFuture(new AttemptEnded(why));
            }
            return promise.copy();
        } finally {
            lock.unlock();
        }
    }

    /** The promise, if it was made. */
    public Optional<Promise> promised() {
        return promise.state() == Future.State.SUCCESS
                ? Optional.of(promise.resultNow())
                : Optional.empty();
    }

    private void runSwitchOver() {
        try {
            Point.SWITCH_OVER.pass(gates);
            GuestStateChannel channel = pieces;
            if (channel == null) {
                throw new IllegalStateException("a switch-over without a channel for guest state");
            }
            SwitchOver switchOver = new SwitchOver(plan, qemu, guestState, limits, this::cut);
            Promise agreed = switchOver.run(channel, pausedAt);
            if (!keeper.release(plan, agreed.digest())) {
                throw new AttemptFailed("the attempt was aborted before the promise");
            }
            move(State.SWITCHING, State.RELEASED);
            switchOver.tellTimes();
            Point.RELEASED.pass(gates);
            promise.complete(agreed);
        } catch (AttemptFailed | IOException | QmpException failed) {
            giveUp(String.valueOf(failed.getMessage()));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Ends the attempt so that the guest can go on here: before {@code migrate-continue} by a
     * cancel, after it only by closing the stream, then by an out-of-band yank. Waits until QEMU's
     * migration is over. Nothing that an aborted attempt does afterwards has an effect.
     *
     * @throws QmpException when QEMU does not answer
     */
    public void abort(String reason) throws InterruptedException {
        State was = finish(reason);
        atPause.completeExceptionally(new AttemptEnded(reason));
        promise.completeExceptionally(new AttemptEnded(reason));
        if (was != State.OVER) {
            undo(was);
        }
        closeChannels();
    }

    /** As {@link #abort}, on the attempt's own account; also remembered in the journal. */
    private void giveUp(String reason) {
        State was = finish(reason);
        if (was == State.OVER || was == State.RELEASED) {
            return;
        }
        LOG.infof("vm=%s op=%s attempt over: %s", plan.vm(), plan.op(), reason);
        try {
            undo(was);
        } catch (QmpException silent) {
            LOG.warnf(
                    "vm=%s op=%s QEMU was not told: %s", plan.vm(), plan.op(), silent.getMessage());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        closeChannels();
        try {
            keeper.over(plan, reason);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } finally {
            atPause.completeExceptionally(new AttemptFailed(reason));
            promise.completeExceptionally(new AttemptFailed(reason));
        }
    }

    private State finish(String reason) {
        lock.lock();
        try {
            State was = state;
            if (was != State.OVER && was != State.RELEASED) {
                state = State.OVER;
                why = reason;
            }
            decided.countDown();
            return was;
        } finally {
            lock.unlock();
        }
    }

    private void undo(State was) throws InterruptedException {
        boolean migrating = began && qemu.isAlive();
        if (migrating && !migration().query().status().isTerminal()) {
            switch (was) {
                case SENDING, AT_PAUSE -> migration().cancel();
                case SWITCHING, RELEASED -> cut();
                case OVER -> {}
            }
            var unused = migration().await(MigrationStatus::isTerminal, SETTLING);
        }
    }

    /**
     * Closing the stream first: QEMU resumes within milliseconds. Yank also reaches a QEMU that
     * hangs in it.
     */
    private void cut() throws InterruptedException {
        closeChannels();
        boolean ended;
        try {
            ended = migration().await(MigrationStatus::isTerminal, CUT).isPresent();
        } catch (QmpException frozen) {
            ended = false;
        }
        if (!ended) {
            migration().yank();
        }
    }

    private void closeChannels() {
        MemoryChannel bytes = memory;
        if (bytes != null) {
            bytes.close();
        }
        GuestStateChannel channel = pieces;
        if (channel != null) {
            channel.close();
        }
    }

    private void requireNotOver() throws AttemptEnded {
        if (state == State.OVER) {
            throw new AttemptEnded(why);
        }
    }

    private void move(State from, State to) throws AttemptEnded {
        lock.lock();
        try {
            if (state != from) {
                throw new AttemptEnded(why);
            }
            state = to;
        } finally {
            lock.unlock();
        }
    }
}
