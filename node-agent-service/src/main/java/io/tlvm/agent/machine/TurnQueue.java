package io.tlvm.agent.machine;

import io.tlvm.agent.hypervisor.qemu.LaunchFailed;
import io.tlvm.agent.migration.AttemptFailed;
import io.tlvm.ownership.id.VmUid;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One machine's work, one piece after the other, on one virtual thread. A piece that began ends,
 * whoever waits for it.
 */
final class TurnQueue implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(TurnQueue.class);
    private static final int WAITING_MAX = 64;

    /** One piece of work. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws IOException, InterruptedException, LaunchFailed, AttemptFailed;
    }

    private final VmUid vm;
    private final Duration limit;
    private final ThreadPoolExecutor turns;

    TurnQueue(VmUid vm, Duration limit) {
        this.vm = vm;
        this.limit = limit;
        this.turns =
                new ThreadPoolExecutor(
                        1,
                        1,
                        0,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(WAITING_MAX),
                        Thread.ofVirtual().name("vm-" + vm).factory());
    }

    /**
     * Does {@code work} when it is its turn, and waits for it.
     *
     * @throws MachineRefused when it refuses, or its turn did not end within the limit: then it may
     *     still take effect
     */
    <T> T take(Work<T> work) throws InterruptedException {
        return take(work, limit);
    }

    <T> T take(Work<T> work, Duration patience) throws InterruptedException {
        FutureTask<T> turn = new FutureTask<>(work::run);
        try {
            turns.execute(turn);
            return turn.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException full) {
            throw new MachineRefusal.Busy(Duration.ZERO).of(vm);
        } catch (TimeoutException late) {
            throw new MachineRefusal.Busy(patience).of(vm);
        } catch (ExecutionException failed) {
            throw Failures.asRefusal(vm, failed.getCause());
        }
    }

    /**
     * Does {@code work} some time later; nobody waits. Dropped when the queue is full or closed.
     */
    void later(String what, Work<?> work) {
        try {
            turns.execute(
                    () -> {
                        try {
                            var unused = work.run();
                        } catch (InterruptedException stop) {
                            Thread.currentThread().interrupt();
                        } catch (IOException
                                | LaunchFailed
                                | AttemptFailed
                                | RuntimeException failed) {
                            LOG.errorf(failed, "vm=%s %s failed", vm, what);
                        }
                    });
        } catch (RejectedExecutionException full) {
            LOG.warnf("vm=%s %s was dropped: the queue is full or closed", vm, what);
        }
    }

    /** Whether somebody waits or works: then a periodic look can be left out. */
    boolean isBusy() {
        return turns.getActiveCount() > 0 || !turns.getQueue().isEmpty();
    }

    @Override
    public void close() {
        turns.shutdown();
    }
}
