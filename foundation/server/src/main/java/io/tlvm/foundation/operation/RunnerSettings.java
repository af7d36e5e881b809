package io.tlvm.foundation.operation;

import java.time.Duration;

/**
 * How an {@link OperationRunner} works.
 *
 * @param runner unique name of this process, in claims
 * @param lease how long a claim lasts without heartbeat; after a crash others wait this long
 * @param poll how long to wait for new work when nobody wakes the runner
 * @param parallelMax how many operations at once
 * @param stopTimeout how long a shutdown waits for handlers
 */
public record RunnerSettings(
        String runner, Duration lease, Duration poll, int parallelMax, Duration stopTimeout) {

    public RunnerSettings {
        if (lease.toMillis() < 1
                || poll.toMillis() < 1
                || parallelMax < 1
                || stopTimeout.isNegative()) {
            throw new IllegalArgumentException("lease, poll and parallelMax must be positive");
        }
    }

    /** A claim of 30 s, polls every second, 64 at once, 10 s for a shutdown. */
    public static RunnerSettings standard(String runner) {
        return new RunnerSettings(
                runner, Duration.ofSeconds(30), Duration.ofSeconds(1), 64, Duration.ofSeconds(10));
    }
}
