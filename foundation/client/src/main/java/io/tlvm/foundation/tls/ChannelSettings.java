package io.tlvm.foundation.tls;

import java.time.Duration;

/**
 * How channels behave.
 *
 * @param keepAliveTime silence after which a connection with calls is pinged; servers must permit
 *     it
 * @param keepAliveTimeout wait for the answer to a ping before the connection counts as dead
 * @param defaultDeadline time for unary calls whose caller gave none
 * @param maxInboundMessageBytes larger answers are refused
 * @param closeTimeout how long closing waits for calls before it cuts them off
 */
public record ChannelSettings(
        Duration keepAliveTime,
        Duration keepAliveTimeout,
        Duration defaultDeadline,
        int maxInboundMessageBytes,
        Duration closeTimeout) {

    /**
     * @throws IllegalArgumentException when a value is not positive
     */
    public ChannelSettings {
        requirePositive(keepAliveTime, "keepAliveTime");
        requirePositive(keepAliveTimeout, "keepAliveTimeout");
        requirePositive(defaultDeadline, "defaultDeadline");
        requirePositive(closeTimeout, "closeTimeout");
        if (maxInboundMessageBytes < 1) {
            throw new IllegalArgumentException(
                    "maxInboundMessageBytes is " + maxInboundMessageBytes);
        }
    }

    /** Ping after 10 s, dead after 5 s more, 60 s for a unary call, messages up to 4 MiB. */
    public static ChannelSettings standard() {
        return new ChannelSettings(
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                Duration.ofSeconds(60),
                4 * 1024 * 1024,
                Duration.ofSeconds(5));
    }

    private static void requirePositive(Duration value, String name) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " is " + value);
        }
    }
}
