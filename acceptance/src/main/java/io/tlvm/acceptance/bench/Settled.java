package io.tlvm.acceptance.bench;

import io.tlvm.acceptance.guest.Ticks;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for signs of life, so that a pause lies between two of them. */
final class Settled {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Half a second of ticks. */
    private static final int TICKS = 100;

    private Settled() {}

    static void ticking(Ticks ticks) {
        long end = System.nanoTime() + LIMIT.toNanos();
        int wanted = ticks.count() + TICKS;
        while (ticks.count() < wanted) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("the guest's ticks do not come");
            }
            LockSupport.parkNanos(10_000_000);
        }
    }
}
