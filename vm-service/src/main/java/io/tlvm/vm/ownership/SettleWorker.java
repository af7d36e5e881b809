package io.tlvm.vm.ownership;

import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Step;

import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Settles one VM until nothing more can be done now. A step that the row no longer owes first is
 * interrupted.
 */
final class SettleWorker {
    private static final Logger LOG = Logger.getLogger("io.tlvm.vm.ownership.settler");

    /** Asked by a worker that ran out of work. */
    interface End {
        /** Whether the worker may leave. */
        boolean ended(SettleWorker worker, boolean leftUndone);
    }

    private final VmUid vm;
    private final Settlement settlement;
    private final End end;
    private final Semaphore nudges = new Semaphore(0);
    private final Thread thread;
    private final Object stepLock = new Object();
    private @Nullable Step underWay;
    private volatile boolean stopping;

    SettleWorker(VmUid vm, Settlement settlement, End end) {
        this.vm = vm;
        this.settlement = settlement;
        this.end = end;
        this.thread = Thread.ofVirtual().name("settle-" + vm).unstarted(this::work);
    }

    VmUid vm() {
        return vm;
    }

    void start() {
        thread.start();
    }

    /** The row may have changed. What this worker itself changed is no news to it. */
    void nudge() {
        if (Thread.currentThread().equals(thread)) {
            return;
        }
        nudges.release();
        boolean busy;
        synchronized (stepLock) {
            busy = underWay != null;
        }
        if (busy) {
            look();
        }
    }

    private void look() {
        Thread.ofVirtual().name("settle-look-" + vm).start(this::interruptWhatIsNotOwed);
    }

    /** Whether somebody else may have changed the row since this was asked last. */
    boolean takeNudges() {
        return nudges.drainPermits() > 0;
    }

    boolean nudged() {
        return nudges.availablePermits() > 0;
    }

    void stop() {
        stopping = true;
        thread.interrupt();
    }

    private void interruptWhatIsNotOwed() {
        try {
            Step first = settlement.firstOwed(vm).orElse(null);
            synchronized (stepLock) {
                if (underWay != null && !underWay.equals(first)) {
                    thread.interrupt();
                }
            }
        } catch (RuntimeException databaseGone) {
            LOG.warnf("cannot look whether the step is still owed vm=%s: %s", vm, databaseGone);
        }
    }

    /** Runs a step so that it alone, not what comes before or after, is interrupted. */
    StepOutcome guarded(Step step, Settlement.Call call) throws InterruptedException {
        synchronized (stepLock) {
            underWay = step;
        }
        if (nudged()) {
            // It came after the row was read and before the step could be interrupted.
            look();
        }
        try {
            return call.run();
        } finally {
            synchronized (stepLock) {
                underWay = null;
                // An interrupt that came when the step had ended already must not hit the next one.
                boolean ignored = Thread.interrupted();
            }
            if (stopping) {
                thread.interrupt();
            }
        }
    }

    /** Waits for a nudge, at most so long. */
    void pause(Duration longest) throws InterruptedException {
        if (nudges.tryAcquire(longest.toMillis(), TimeUnit.MILLISECONDS)) {
            nudges.drainPermits();
        }
    }

    private void work() {
        boolean leave = false;
        while (!leave) {
            nudges.drainPermits();
            boolean leftUndone = true;
            try {
                leftUndone = settlement.settle(this);
            } catch (InterruptedException interrupted) {
                LOG.debugf("interrupted vm=%s", vm);
            } catch (RuntimeException failed) {
                LOG.warnf(failed, "cannot settle vm=%s; it is tried again", vm);
            }
            leave = end.ended(this, leftUndone) || stopping;
        }
    }
}
