package io.tlvm.vm.migration;

import io.tlvm.ownership.id.OperationId;
import io.tlvm.type.v1.SignedStatement;
import io.tlvm.vm.audit.HandOverProof;

import java.time.Duration;

/** What was measured of, or asked about, a migration besides what the row says. */
public sealed interface Measured {

    /** The migration it belongs to. */
    OperationId op();

    /**
     * The source's part of the pause.
     *
     * @param preSwitchover vCPUs stopped until {@code migrate-continue}
     * @param downtime QEMU's own count
     */
    record SwitchedOver(OperationId op, Duration preSwitchover, Duration downtime)
            implements Measured {}

    /** The target's part of the pause: from {@code completed} seen to {@code cont} answered. */
    record Adopted(OperationId op, Duration adopt) implements Measured {}

    /** How far the memory is. */
    record Copied(OperationId op, Progress progress) implements Measured {}

    /** Somebody cancelled. */
    record CancelAsked(OperationId op) implements Measured {}

    /** The target signed that it took the guest state over. */
    record TargetSigned(OperationId op, SignedStatement statement) implements Measured {}

    /** What proves the hand-over, once the source's copy is destroyed. */
    record HandedOver(HandOverProof proof) implements Measured {
        @Override
        public OperationId op() {
            return proof.op();
        }
    }

    /** From QEMU's query-migrate; bytes, pages per second, passes, bytes per second. */
    record Progress(
            long totalBytes,
            long transferredBytes,
            long remainingBytes,
            long dirtyPagesPerSecond,
            int iteration,
            long bytesPerSecond) {
        /** Before anything was sent. */
        public static final Progress NONE = new Progress(0, 0, 0, 0, 0, 0);
    }
}
