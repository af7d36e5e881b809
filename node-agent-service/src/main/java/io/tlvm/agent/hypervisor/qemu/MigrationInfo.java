package io.tlvm.agent.hypervisor.qemu;

import java.time.Duration;
import java.util.Optional;

/**
 * What query-migrate says.
 *
 * @param error why it failed, when it did and QEMU knows
 * @param transferredBytes bytes of memory that went, 0 before the first
 * @param remainingBytes memory still to go in this pass
 * @param totalBytes the guest's memory
 * @param dirtyPagesPerSecond how fast the guest changes memory
 * @param iteration pass over the memory, counted from 1; 0 before the first
 * @param bytesPerSecond throughput of the last moment
 * @param downtime how long the guest stood still; without the wait for the target's {@code cont}
 * @param total from {@code migrate} to the end
 */
public record MigrationInfo(
        MigrationStatus status,
        Optional<String> error,
        long transferredBytes,
        long remainingBytes,
        long totalBytes,
        long dirtyPagesPerSecond,
        int iteration,
        long bytesPerSecond,
        Optional<Duration> downtime,
        Optional<Duration> total) {}
