package io.tlvm.foundation.audit;

import com.google.protobuf.Timestamp;

import java.time.DateTimeException;
import java.time.Instant;

/** Instants of statements. */
final class Times {
    private Times() {}

    static Timestamp proto(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    /** What no calendar has is the beginning of time: no certificate is valid then. */
    static Instant instant(Timestamp time) {
        try {
            return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
        } catch (DateTimeException | ArithmeticException beyond) {
            return Instant.EPOCH;
        }
    }
}
