package io.tlvm.agent.hypervisor.qemu;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Waiting for a condition of the outside world that announces nothing. The only place of the agent
 * that sleeps.
 */
public final class BoundedWait {
    private BoundedWait() {}

    /** Looks once; empty for "not yet". */
    @FunctionalInterface
    public interface Look<T, E extends Exception> {
        Optional<T> now() throws E, InterruptedException;
    }

    /**
     * Looks until there is an answer or the limit has passed; at least once, and once more at the
     * end.
     *
     * @return the first answer, or empty when the limit passed without one
     */
    public static <T, E extends Exception> Optional<T> until(
            Duration limit, Duration step, Look<T, E> look) throws E, InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            Optional<T> answer = look.now();
            long left = end - System.nanoTime();
            if (answer.isPresent() || left <= 0) {
                return answer;
            }
            // A wake-up without reason only looks once more.
            LockSupport.parkNanos(Math.min(left, step.toNanos()));
            if (Thread.interrupted()) {
                throw new InterruptedException("while waiting");
            }
        }
    }
}
