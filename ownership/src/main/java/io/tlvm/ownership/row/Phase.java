package io.tlvm.ownership.row;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.SortedSet;

/** Where a VM stands. Each phase carries just what is true in it alone. */
public sealed interface Phase {

    /** How a grant makes the vCPUs run. */
    enum Mode {
        /** A new QEMU from the directory that {@code state_ref} names. */
        COLD,
        /** The target's loaded and paused QEMU of the attempt that was committed. */
        ADOPT,
        /** The source's own QEMU of an attempt that was aborted. */
        RESUME
    }

    /** How a guest is asked to end. */
    enum StopMode {
        /** ACPI power button; the guest may take its time or ignore it. */
        GRACEFUL,
        /** QEMU quits at once; what the guest had in memory is lost. */
        FORCED
    }

    /** What a VM whose node is lost was to do. */
    enum Wanted {
        /** Its guest ran, or was to run. */
        RUNNING,
        /** It was stopped, or a stop was decided. */
        STOPPED
    }

    /** A stop that was decided and that the agent is still owed. */
    record StopOrder(OperationId op, StopMode mode) {}

    /** The owner may make the guest state, once; no vCPU may run. */
    record Creating(OperationId op) implements Phase {}

    /** Nothing runs; the state rests, sealed, in {@code state_ref}. */
    record Stopped() implements Phase {}

    /**
     * The owner holds the grant of the row's epoch.
     *
     * @param activated the owner said that the guest runs under this epoch
     * @param stop a stop that was decided, or null
     */
    record Running(OperationId op, Mode mode, boolean activated, @Nullable StopOrder stop)
            implements Phase {}

    /** The target prepares and memory is copied; the source owns and runs the guest. */
    record Migrating(Attempt attempt) implements Phase {}

    /** GO was given: the source may continue past its pause, and still owns the guest. */
    record Handover(Attempt attempt) implements Phase {}

    /**
     * The source promised, irrevocably, that it has stopped and that the target loaded this digest.
     */
    record Released(Attempt attempt, Digest digest) implements Phase {}

    /**
     * The owner is lost. The target stores what {@code state_ref} names in a directory of its own;
     * it has no leave to run.
     *
     * @param epoch drawn for this try alone; becomes the VM's epoch when the state is stored, or is
     *     dead for ever
     * @param directory where the target stores the state
     */
    record Recovering(
            OperationId op, NodeName target, Epoch epoch, StateRef directory, Wanted wanted)
            implements Phase {}

    /** Deleted, restorable until the time given; agents were told nothing. */
    record Deleting(Instant purgeTime) implements Phase {}

    /**
     * Never taken back. The row stays until every node that may hold state has given its receipt.
     */
    record Purged(OperationId op, SortedSet<NodeName> receiptsOwed) implements Phase {}

    /** Guest state does not match what was recorded; nothing runs until a human decided. */
    record Quarantined(String evidence) implements Phase {}
}
