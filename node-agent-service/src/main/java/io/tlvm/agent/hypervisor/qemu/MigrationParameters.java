package io.tlvm.agent.hypervisor.qemu;

import java.time.Duration;

/**
 * How much of the way a migration may take, and of the guest's time.
 *
 * @param downtimeLimit how long the guest may stand still for the last memory, from 1 ms
 * @param bytesPerSecond the most that memory may take of the way, 0 for no limit
 */
public record MigrationParameters(Duration downtimeLimit, long bytesPerSecond) {
    public static final MigrationParameters DEFAULT =
            new MigrationParameters(Duration.ofMillis(300), 0);

    public MigrationParameters {
        if (downtimeLimit.toMillis() < 1
                || downtimeLimit.toMillis() > 2_000_000
                || bytesPerSecond < 0) {
            throw new IllegalArgumentException(
                    "downtime limit must be 1 ms to 2000 s, bandwidth 0 or more");
        }
    }
}
