package io.tlvm.agent.migration;

import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.agent.gate.Point;
import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.gueststate.Manifest;
import io.tlvm.agent.hypervisor.qemu.MigrationInfo;
import io.tlvm.agent.hypervisor.qemu.MigrationStatus;
import io.tlvm.agent.hypervisor.qemu.QemuProcess;
import io.tlvm.agent.hypervisor.qemu.QmpException;
import io.tlvm.agent.hypervisor.qemu.RunState;
import io.tlvm.agent.keys.MigrationKey;
import io.tlvm.agent.keys.OneTimeKey;
import io.tlvm.agent.migration.AttemptFailed.AttemptEnded;
import io.tlvm.foundation.gate.Gates;
import io.tlvm.node.v1.SealedGuestState.Kind;
import io.tlvm.node.v1.VtpmIdentity;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.NodeName;

import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The target's side of one attempt.
 *
 * <pre>
 * PREPARED --variables, key--> LISTENING --stream opened--> RECEIVING --completed, paused, sealed--> LOADED
 *     |                            |                            |                                      |
 *     +------------ failed, discarded, agent gone -------------+------------- discarded --------------> OVER
 * </pre>
 *
 * The one-operation key lives in this object only: with the agent the attempt ends.
 */
public final class Incoming {
    private static final Logger LOG = Logger.getLogger(Incoming.class);

    private enum State {
        PREPARED,
        LISTENING,
        RECEIVING,
        LOADED,
        OVER
    }

    private final VerifiedPlan plan;
    private final OneTimeKey key;
    private final HeldState guestState;
    private final boolean vtpm;
    private final AttemptKeeper keeper;
    private final Gates gates;
    private final ReentrantLock lock = new ReentrantLock();
    private final CompletableFuture<Digest> loaded = new CompletableFuture<>();
    private State state = State.PREPARED;
    private String why = "";
    private boolean variablesStored;
    private @Nullable VtpmIdentity identity;
    private Optional<MigrationKey> migrationKey = Optional.empty();
    private @Nullable QemuProcess qemu;
    private volatile long completedAt;
    private volatile long loadedAt;

    /**
     * A prepared attempt.
     *
     * @param guestState the attempt's own directory, with its own key and no manifest yet
     * @param vtpm whether the machine has one
     */
    public Incoming(
            VerifiedPlan plan,
            OneTimeKey key,
            HeldState guestState,
            boolean vtpm,
            AttemptKeeper keeper,
            Gates gates) {
        this.plan = plan;
        this.key = key;
        this.guestState = guestState;
        this.vtpm = vtpm;
        this.keeper = keeper;
        this.gates = gates;
    }

    public VerifiedPlan plan() {
        return plan;
    }

    public HeldState guestState() {
        return guestState;
    }

    public boolean hasVtpm() {
        return vtpm;
    }

    /** The public half of the one-operation key, 32 bytes. */
    public byte[] publicKey() {
        return key.publicKey();
    }

    /** Whether the attempt can still become something. */
    public boolean isAlive() {
        lock.lock();
        try {
            return state != State.OVER;
        } finally {
            lock.unlock();
        }
    }

    /** Whether its processes have not been started yet. */
    public boolean awaitsKey() {
        lock.lock();
        try {
            return state == State.PREPARED;
        } finally {
            lock.unlock();
        }
    }

    /** When {@code completed} was seen, on {@link System#nanoTime}; 0 before. */
    public long completedAt() {
        return completedAt;
    }

    /**
     * Takes a sealed piece: opens it, stores it durably, and starts the processes when nothing is
     * missing any more.
     *
     * @throws AttemptFailed when it does not open, comes at the wrong time, or the processes do not
     *     come up
     */
    public void receive(Kind kind, byte[] ciphertext) throws AttemptFailed, InterruptedException {
        byte[] piece = open(kind, ciphertext);
        try {
            switch (kind) {
                case KIND_UEFI_VARIABLES -> storeVariables(piece);
                case KIND_MIGRATION_KEY -> takeIdentity(piece);
                case KIND_UNSPECIFIED, UNRECOGNIZED ->
                        throw new AttemptFailed("a piece of an unknown kind");
            }
        } finally {
            Arrays.fill(piece, (byte) 0);
        }
    }

    private byte[] open(Kind kind, byte[] ciphertext) throws AttemptFailed {
        try {
            return key.open(ciphertext, SealedPieces.context(plan, kind));
        } catch (GeneralSecurityException notOurs) {
            throw new AttemptFailed(
                    "a sealed piece does not open: it is of another attempt, or was changed");
        } catch (IllegalStateException closed) {
            throw new AttemptEnded("the attempt's key is gone");
        }
    }

    private void storeVariables(byte[] image) throws AttemptFailed, InterruptedException {
        lock.lockInterruptibly();
        try {
            if (state == State.LOADED || state == State.OVER) {
                throw new AttemptEnded("variables came when the attempt was " + state);
            }
            guestState.variables().replace(image);
            variablesStored = true;
        } catch (IOException | IllegalArgumentException failed) {
            throw new AttemptFailed("the UEFI variables were not stored: " + failed.getMessage());
        } finally {
            lock.unlock();
        }
        if (!vtpm && awaitsKey()) {
            start(Optional.empty());
        }
    }

    private void takeIdentity(byte[] piece) throws AttemptFailed, InterruptedException {
        MigrationKey migrationKey;
        lock.lockInterruptibly();
        try {
            if (!vtpm || state != State.PREPARED || !variablesStored) {
                throw new AttemptFailed("the migration key came when the attempt was " + state);
            }
            VtpmIdentity received = VtpmIdentity.parseFrom(piece);
            migrationKey = MigrationKey.of(received.getMigrationKey().toByteArray());
            identity = received.toBuilder().clearMigrationKey().build();
        } catch (InvalidProtocolBufferException | IllegalArgumentException broken) {
            throw new AttemptFailed("what was sealed is no vTPM identity: " + broken.getMessage());
        } finally {
            lock.unlock();
        }
        start(Optional.of(migrationKey));
    }

    private void start(Optional<MigrationKey> received) throws AttemptFailed, InterruptedException {
        QemuProcess started;
        try {
            started = keeper.start(this, received);
        } catch (AttemptFailed failed) {
            end(String.valueOf(failed.getMessage()));
            throw failed;
        }
        lock.lockInterruptibly();
        try {
            requireNotOver();
            migrationKey = received;
            qemu = started;
            state = State.LISTENING;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The memory channel was opened: from now on the end of the stream is waited for.
     *
     * @return the socket that QEMU listens on
     * @throws AttemptFailed when it does not listen
     */
    public Path beginReceiving() throws AttemptFailed {
        lock.lock();
        try {
            if (state != State.LISTENING || qemu == null) {
                throw new AttemptFailed("the memory stream came when the attempt was " + state);
            }
            state = State.RECEIVING;
            QemuProcess target = qemu;
            Thread.ofVirtual().name("incoming-" + plan.vm()).start(() -> awaitLoaded(target));
            return target.runDirectory().migrationSocket();
        } finally {
            lock.unlock();
        }
    }

    private void awaitLoaded(QemuProcess target) {
        try {
            Duration left = Duration.between(Instant.now(), plan.deadline()).plusMinutes(1);
            Optional<MigrationInfo> end =
                    target.commands()
                            .migration()
                            .await(
                                    status -> status.isTerminal() && status != MigrationStatus.NONE,
                                    left);
            completedAt = System.nanoTime();
            if (end.isEmpty() || end.get().status() != MigrationStatus.COMPLETED) {
                throw new AttemptFailed(
                        "QEMU ended the incoming migration as "
                                + end.map(info -> info.status().wire()).orElse("nothing in time"));
            }
            RunState status = target.commands().status();
            if (status != RunState.PAUSED) {
                throw new AttemptFailed("the target is " + status.wire() + " and not paused");
            }
            Digest digest = keeper.load(this);
            lock.lockInterruptibly();
            try {
                requireNotOver();
                state = State.LOADED;
            } finally {
                lock.unlock();
            }
            loadedAt = System.nanoTime();
            Point.LOADED.pass(gates);
            loaded.complete(digest);
        } catch (AttemptFailed | QmpException failed) {
            end(String.valueOf(failed.getMessage()));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Called by the keeper, in the machine's queue: everything arrived; check, sync, seal. */
    public Digest seal(NodeName node) throws AttemptFailed, IOException {
        requireAlive();
        HeldState.Content content = guestState.content(vtpm);
        guestState.sync(vtpm);
        Optional<Manifest.Tpm> tpm = Optional.empty();
        if (vtpm) {
            VtpmIdentity received = identity;
            if (received == null || migrationKey.isEmpty() || content.keyed().isEmpty()) {
                throw new AttemptFailed("the vTPM's identity did not arrive");
            }
            tpm =
                    Optional.of(
                            new Manifest.Tpm(
                                    content.keyed().get(),
                                    new Digest(received.getEkFingerprint()),
                                    migrationKey.get(),
                                    received.getSwtpmVersion()));
        }
        guestState.seal(
                new Manifest(
                        plan.vm(),
                        guestState.directory().ref(),
                        node,
                        1,
                        Manifest.Status.OPEN,
                        plan.sourceEpoch(),
                        false,
                        tpm,
                        content.variables(),
                        guestState.firmware().id(),
                        List.of()));
        return content.common();
    }

    /**
     * The digest, when everything is loaded, sealed and journaled; exceptionally with {@link
     * AttemptFailed}.
     */
    public CompletableFuture<Digest> loaded() {
        return loaded.copy();
    }

    /**
     * The attempt goes no further; whoever waits for it learns why. Processes and directory are the
     * driver's.
     */
    public void end(String reason) {
        lock.lock();
        try {
            if (state == State.OVER) {
                return;
            }
            state = State.OVER;
            why = reason;
        } finally {
            lock.unlock();
        }
        LOG.infof("vm=%s op=%s incoming attempt over: %s", plan.vm(), plan.op(), reason);
        key.close();
        loaded.completeExceptionally(new AttemptEnded(reason));
    }

    /**
     * The attempt was adopted: the guest's state is the machine's now, the one-operation key has
     * done its work.
     *
     * @param grantedAt when the grant was taken up, on {@link System#nanoTime}
     * @param adopt from {@code completed} seen to {@code cont} answered
     */
    public void adopted(long grantedAt, Duration adopt) {
        key.close();
        LOG.infof(
                "vm=%s op=%s target_us completed_to_loaded=%d loaded_to_granted=%d"
                        + " granted_to_cont=%d",
                plan.vm(),
                plan.op(),
                TimeUnit.NANOSECONDS.toMicros(loadedAt - completedAt),
                TimeUnit.NANOSECONDS.toMicros(grantedAt - loadedAt),
                TimeUnit.NANOSECONDS.toMicros(completedAt + adopt.toNanos() - grantedAt));
    }

    /**
     * Checks that the attempt can still become something.
     *
     * @throws AttemptEnded when it cannot
     */
    public void requireAlive() throws AttemptEnded {
        lock.lock();
        try {
            requireNotOver();
        } finally {
            lock.unlock();
        }
    }

    private void requireNotOver() throws AttemptEnded {
        if (state == State.OVER) {
            throw new AttemptEnded(why);
        }
    }
}
