package io.tlvm.acceptance.scenario;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition, with a bound. */
final class Eventually {
    private Eventually() {}

    static void holds(String what, Duration limit, BooleanSupplier condition) {
        Instant end = Instant.now().plus(limit);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(end)) {
                throw new AssertionError(what + " did not become true within " + limit);
            }
            LockSupport.parkNanos(300_000_000);
        }
    }
}
