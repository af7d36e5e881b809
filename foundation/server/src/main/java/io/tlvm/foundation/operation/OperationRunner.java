package io.tlvm.foundation.operation;

import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.tlvm.foundation.operation.OperationOutcome.Cancelled;
import io.tlvm.foundation.operation.OperationOutcome.Failed;
import io.tlvm.foundation.operation.OperationOutcome.Later;
import io.tlvm.foundation.operation.OperationOutcome.Succeeded;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;

import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Works on the operations of a store: claims them, runs the handler of their kind, keeps the claim
 * alive. Waking it, the clock and a restart all lead to the same loop. A claim that cannot be
 * prolonged interrupts the handler, so that no two replicas believe to hold one operation for
 * longer than a lease.
 */
public final class OperationRunner implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(OperationRunner.class);

    /** How long an operation rests after its handler met something that may pass. */
    private static final Duration REST = Duration.ofSeconds(5);

    private final OperationStore store;
    private final Map<String, OperationHandler> handlers;
    private final RunnerSettings settings;
    private final ErrorDomain domain;
    private final ConcurrentHashMap<OperationName, Thread> working = new ConcurrentHashMap<>();
    private final Semaphore wake = new Semaphore(0);
    private final Thread dispatcher =
            Thread.ofVirtual().name("operation-dispatcher").unstarted(this::dispatch);
    private final CountDownLatch stopped = new CountDownLatch(1);

    /** A runner that is not yet running. */
    public OperationRunner(
            OperationStore store,
            Map<String, OperationHandler> handlers,
            RunnerSettings settings,
            ErrorDomain domain) {
        this.store = store;
        this.handlers = Map.copyOf(handlers);
        this.settings = settings;
        this.domain = domain;
    }

    /** Begins to claim. Once. */
    public void start() {
        dispatcher.start();
    }

    /**
     * Looks for work now: call it after the commit that inserted an operation. A hint; polling
     * finds it as well.
     */
    public void wake() {
        wake.release();
    }

    private void dispatch() {
        try {
            while (stopped.getCount() > 0) {
                if (!claimedAll()) {
                    continue;
                }
                if (wake.tryAcquire(settings.poll().toMillis(), TimeUnit.MILLISECONDS)) {
                    wake.drainPermits();
                }
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether there was no more to claim than what was claimed. */
    private boolean claimedAll() throws InterruptedException {
        try {
            return claimAndRun();
        } catch (RuntimeException storeFailed) {
            LOG.warnf("cannot claim operations: %s", storeFailed);
            // While the database is down every claim fails within milliseconds; wake-ups must not
            // turn that into a spin.
            boolean stop = stopped.await(settings.poll().toMillis(), TimeUnit.MILLISECONDS);
            return !stop;
        }
    }

    private boolean claimAndRun() {
        int free = settings.parallelMax() - working.size();
        if (free <= 0) {
            return true;
        }
        var claimed = store.claim(settings.runner(), settings.lease(), free);
        for (OperationRecord operation : claimed) {
            Thread worker =
                    Thread.ofVirtual()
                            .name("operation-" + operation.name().id())
                            .unstarted(() -> work(operation));
            working.put(operation.name(), worker);
            worker.start();
        }
        return claimed.size() < free;
    }

    private void work(OperationRecord operation) {
        var claim = new Claim(store, operation, settings, Thread.currentThread());
        try {
            claim.keepAlive();
            OperationOutcome outcome = outcome(operation, claim);
            LOG.infof(
                    "operation %s name=%s kind=%s",
                    word(outcome), operation.name(), operation.kind());
            if (!store.finish(operation.name(), settings.runner(), outcome)) {
                LOG.warnf("claim was lost before the end name=%s", operation.name());
            }
        } catch (InterruptedException stopOrLost) {
            giveBack(operation, claim);
        } catch (RuntimeException storeFailed) {
            LOG.warnf(
                    storeFailed,
                    "cannot record the outcome name=%s; its handler will run again",
                    operation.name());
        } finally {
            claim.stop();
            working.remove(operation.name());
            wake.release();
        }
    }

    /** The next runner need not wait for the end of the lease. */
    private void giveBack(OperationRecord operation, Claim claim) {
        LOG.infof(
                "operation left to the next runner name=%s kind=%s",
                operation.name(), operation.kind());
        if (claim.lost()) {
            return;
        }
        try {
            store.finish(operation.name(), settings.runner(), new Later(Duration.ZERO));
        } catch (RuntimeException storeFailed) {
            LOG.warnf(
                    "cannot give the claim back name=%s, it ends by itself: %s",
                    operation.name(), storeFailed);
        }
    }

    private OperationOutcome outcome(OperationRecord operation, Claim claim)
            throws InterruptedException {
        @Nullable OperationHandler handler = handlers.get(operation.kind());
        if (handler == null) {
            // A newer replica may know it during a rolling update.
            LOG.errorf("no handler for kind=%s name=%s", operation.kind(), operation.name());
            return new Later(Duration.ofMinutes(1));
        }
        try {
            return handler.run(operation, claim);
        } catch (StatusRuntimeException refused) {
            var view = RefusalView.of(refused);
            if (view.retryable()) {
                LOG.infof(
                        "operation rests name=%s kind=%s: %s",
                        operation.name(), operation.kind(), view.message());
                return new Later(view.retryDelay().orElse(REST));
            }
            return new Failed(StatusProto.fromThrowable(refused));
        } catch (RuntimeException bug) {
            if (Thread.interrupted() || stopped.getCount() == 0 || claim.lost()) {
                // Reactive clients wrap the interruption of a wait.
                throw new InterruptedException("interrupted: " + bug);
            }
            String debugId = UUID.randomUUID().toString();
            LOG.errorf(
                    bug,
                    "operation failed debug_id=%s name=%s kind=%s",
                    debugId,
                    operation.name(),
                    operation.kind());
            return new Failed(
                    Refusal.of(ErrorReason.ERROR_REASON_INTERNAL_BUG, domain)
                            .what(
                                    "the operation failed in a way that its authors did not"
                                            + " foresee, debug id %s",
                                    debugId)
                            .with("debugId", debugId)
                            .request(debugId)
                            .asStatus());
        }
    }

    private static String word(OperationOutcome outcome) {
        return switch (outcome) {
            case Succeeded _ -> "succeeded";
            case Failed _ -> "failed";
            case Cancelled _ -> "cancelled";
            case Later(var delay) -> "postponed by " + delay;
        };
    }

    /** Interrupts the handlers, waits for them and gives their claims back. */
    @Override
    public void close() {
        stopped.countDown();
        dispatcher.interrupt();
        long end = System.nanoTime() + settings.stopTimeout().toNanos();
        working.values().forEach(Thread::interrupt);
        try {
            for (Thread worker : working.values()) {
                worker.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }
}
