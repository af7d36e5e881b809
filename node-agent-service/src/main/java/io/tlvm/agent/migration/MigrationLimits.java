package io.tlvm.agent.migration;

import java.time.Duration;

/**
 * How long the steps of a migration may take.
 *
 * @param handover a step of the other side: an opened channel, a stored piece
 * @param go at pre-switchover, until the source resumes by itself
 * @param switchOver from {@code migrate-continue} until both sides must be complete
 */
public record MigrationLimits(Duration handover, Duration go, Duration switchOver) {
    /** The protocol's 2 s at the pause; no setting changes them. */
    public static final MigrationLimits STANDARD =
            new MigrationLimits(
                    Duration.ofSeconds(30), Duration.ofSeconds(2), Duration.ofSeconds(10));
}
