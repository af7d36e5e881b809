package io.tlvm.vm.ownership;

import io.tlvm.ownership.id.VmUid;

import org.jboss.logging.Logger;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Does what rows are owed: one worker per VM at a time, woken by a change of the row, by the clock,
 * or by a restart; it never knows which. What it remembers (troubles, times of the next try) is
 * soft: losing it costs an early try.
 */
public final class Settler implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger("io.tlvm.vm.ownership.settler");

    /** Rows looked at per round; the least recently changed come first, so that nobody starves. */
    private static final int ROWS_MAX = 1_000;

    private static final Duration FIRST_REST = Duration.ofMillis(500);
    private static final Duration LONGEST_REST = Duration.ofSeconds(15);
    private static final int DOUBLINGS_MAX = 5;

    private record Rest(int failures, Instant until) {}

    private final OwnershipRows rows;
    private final Settlement settlement;
    private final Clock clock;
    private final Duration period;
    private final ConcurrentHashMap<VmUid, SettleWorker> workers = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<VmUid, Rest> resting = new ConcurrentHashMap<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread poller = Thread.ofVirtual().name("ownership-poll").unstarted(this::poll);

    /** A settler that looks for owed rows every {@code period} once it is started. */
    public Settler(
            OwnershipRows rows, Settlement settlement, RowBell bell, Clock clock, Duration period) {
        this.rows = rows;
        this.settlement = settlement;
        this.clock = clock;
        this.period = period;
        bell.answeredBy(this::wake);
    }

    /** Begins to poll. Once. */
    public void start() {
        poller.start();
    }

    /** Looks at the row now, whatever was wrong before. */
    public void wake(VmUid vm) {
        resting.remove(vm);
        go(vm);
    }

    /** What does not get done for the VM at present. */
    public Optional<Trouble> trouble(VmUid vm) {
        return settlement.trouble(vm);
    }

    private void go(VmUid vm) {
        if (stopped.getCount() == 0) {
            return;
        }
        workers.compute(
                vm,
                (key, worker) -> {
                    if (worker != null) {
                        worker.nudge();
                        return worker;
                    }
                    var fresh = new SettleWorker(vm, settlement, this::ended);
                    fresh.start();
                    return fresh;
                });
    }

    /** Whether the worker may leave; false when somebody nudged it meanwhile. */
    private boolean ended(SettleWorker worker, boolean leftUndone) {
        if (leftUndone) {
            resting.compute(
                    worker.vm(),
                    (vm, before) -> {
                        int failures =
                                before == null ? 0 : Math.min(before.failures() + 1, DOUBLINGS_MAX);
                        Duration rest = FIRST_REST.multipliedBy(1L << failures);
                        return new Rest(
                                failures,
                                clock.instant()
                                        .plus(
                                                rest.compareTo(LONGEST_REST) > 0
                                                        ? LONGEST_REST
                                                        : rest));
                    });
        } else {
            resting.remove(worker.vm());
        }
        SettleWorker left =
                workers.computeIfPresent(
                        worker.vm(),
                        (vm, same) -> same.nudged() && stopped.getCount() > 0 ? same : null);
        return left == null;
    }

    private void poll() {
        try {
            do {
                try {
                    rows.owing(ROWS_MAX).stream().filter(this::due).forEach(this::goUnlessWorking);
                } catch (RuntimeException databaseGone) {
                    LOG.warnf("cannot read what rows are owed: %s", databaseGone);
                }
            } while (!stopped.await(period.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean due(VmUid vm) {
        Rest rest = resting.get(vm);
        return rest == null || !clock.instant().isBefore(rest.until());
    }

    private void goUnlessWorking(VmUid vm) {
        if (!workers.containsKey(vm)) {
            go(vm);
        }
    }

    /** Interrupts what is under way; rows keep what is owed. */
    @Override
    public void close() {
        stopped.countDown();
        poller.interrupt();
        workers.values().forEach(SettleWorker::stop);
    }
}
