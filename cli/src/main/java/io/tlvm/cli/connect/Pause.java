package io.tlvm.cli.connect;

import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits before something is tried again. */
@FunctionalInterface
public interface Pause {

    /** Nothing here waits longer at a time. */
    Duration LONGEST = Duration.ofSeconds(10);

    /** Waits for {@code length}, but no longer than {@link #LONGEST}. */
    void rest(Duration length);

    /** On the clock. */
    static Pause real() {
        return length -> {
            long end =
                    System.nanoTime()
                            + (length.compareTo(LONGEST) < 0 ? length : LONGEST).toNanos();
            // parkNanos may return early for no reason, by its contract.
            for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
                LockSupport.parkNanos(left);
                if (Thread.currentThread().isInterrupted()) {
                    throw new ProblemException(
                            Problem.failed("interrupted", "run the command again"));
                }
            }
        };
    }
}
