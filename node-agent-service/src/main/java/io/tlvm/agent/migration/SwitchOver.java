package io.tlvm.agent.migration;

import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.gueststate.Manifest;
import io.tlvm.agent.hypervisor.qemu.BoundedWait;
import io.tlvm.agent.hypervisor.qemu.MigrationInfo;
import io.tlvm.agent.hypervisor.qemu.MigrationStatus;
import io.tlvm.agent.hypervisor.qemu.QemuProcess;
import io.tlvm.agent.hypervisor.qemu.QmpMigration;
import io.tlvm.agent.hypervisor.qemu.RunState;
import io.tlvm.agent.migration.Outgoing.Promise;
import io.tlvm.agent.migration.TransferLink.GuestStateChannel;
import io.tlvm.ownership.id.Digest;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Steps 7 and 8 at the source: from {@code migrate-continue} until both sides have named one
 * digest. The guest stands still meanwhile. For one thread, once.
 */
final class SwitchOver {
    private static final Logger LOG = Logger.getLogger(SwitchOver.class);
    private static final Duration AFTER_CUT = Duration.ofSeconds(5);

    /** QEMU leaves finish-migrate right after it said completed. */
    private static final Duration SETTLING = Duration.ofSeconds(2);

    private static final Duration SETTLING_STEP = Duration.ofMillis(1);

    private final VerifiedPlan plan;
    private final QemuProcess qemu;
    private final HeldState guestState;
    private final MigrationLimits limits;
    private final Cut cut;
    private long pausedAt;
    private long continuedAt;
    private long completedAt;
    private long loadedAt;

    /** Breaks the stream of a switch-over that does not end. */
    interface Cut {
        void now() throws InterruptedException;
    }

    SwitchOver(
            VerifiedPlan plan,
            QemuProcess qemu,
            HeldState guestState,
            MigrationLimits limits,
            Cut cut) {
        this.plan = plan;
        this.qemu = qemu;
        this.guestState = guestState;
        this.limits = limits;
        this.cut = cut;
    }

    private QmpMigration migration() {
        return qemu.commands().migration();
    }

    /**
     * @param stopped when QEMU was seen at pre-switchover, on {@link System#nanoTime}
     * @return what may be promised, once it is journaled
     * @throws AttemptFailed when QEMU or the target did not do its part, or they hold different
     *     states
     */
    Promise run(GuestStateChannel channel, long stopped)
            throws AttemptFailed, IOException, InterruptedException {
        pausedAt = stopped;
        continuedAt = System.nanoTime();
        migration().switchOver();
        MigrationInfo end = completed();
        completedAt = System.nanoTime();
        // Both sides read their files at the same time.
        boolean vtpm = guestState.manifest().flatMap(Manifest::tpm).isPresent();
        Digest own = guestState.content(vtpm).common();
        Digest loaded = loaded(channel);
        loadedAt = System.nanoTime();
        if (!own.equals(loaded)) {
            throw new AttemptFailed("the target loaded " + loaded + ", here is " + own);
        }
        return new Promise(
                loaded,
                Duration.ofNanos(continuedAt - pausedAt),
                end.downtime().orElse(Duration.ZERO));
    }

    private MigrationInfo completed() throws AttemptFailed, InterruptedException {
        MigrationInfo end = awaitEnd();
        RunState status =
                BoundedWait.<RunState, RuntimeException>until(
                                SETTLING,
                                SETTLING_STEP,
                                () ->
                                        Optional.of(qemu.commands().status())
                                                .filter(now -> now != RunState.FINISH_MIGRATE))
                        .orElse(RunState.FINISH_MIGRATE);
        if (end.status() != MigrationStatus.COMPLETED || status != RunState.POSTMIGRATE) {
            throw new AttemptFailed(
                    "QEMU ended the switch-over as "
                            + end.status().wire()
                            + ", "
                            + status.wire()
                            + end.error().map(error -> ": " + error).orElse(""));
        }
        // Its downtime is right only now.
        return migration().query();
    }

    private MigrationInfo awaitEnd() throws AttemptFailed, InterruptedException {
        Optional<MigrationInfo> end =
                migration().await(MigrationStatus::isTerminal, limits.switchOver());
        if (end.isEmpty()) {
            cut.now();
            end = migration().await(MigrationStatus::isTerminal, AFTER_CUT);
        }
        return end.orElseThrow(() -> new AttemptFailed("QEMU did not end the switch-over"));
    }

    private Digest loaded(GuestStateChannel channel) throws AttemptFailed, InterruptedException {
        try {
            return channel.loaded()
                    .toCompletableFuture()
                    .get(limits.switchOver().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException silent) {
            throw new AttemptFailed("the target did not say LOADED: " + silent.getMessage());
        }
    }

    /** After the promise: where the time of the standing guest went, in microseconds. */
    void tellTimes() {
        LOG.infof(
                "vm=%s op=%s source_us stopped_to_continue=%d continue_to_completed=%d"
                        + " completed_to_loaded=%d loaded_to_promised=%d",
                plan.vm(),
                plan.op(),
                micros(pausedAt, continuedAt),
                micros(continuedAt, completedAt),
                micros(completedAt, loadedAt),
                micros(loadedAt, System.nanoTime()));
    }

    private static long micros(long from, long to) {
        return TimeUnit.NANOSECONDS.toMicros(to - from);
    }
}
