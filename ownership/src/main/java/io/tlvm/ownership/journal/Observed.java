package io.tlvm.ownership.journal;

import io.tlvm.ownership.id.Epoch;

/**
 * What the agent just read of a VM's processes on this node: from QMP and /proc, never from memory.
 */
public sealed interface Observed {

    /** No QEMU of the VM lives here. */
    record Nothing() implements Observed {}

    /**
     * A QEMU of the VM lives here.
     *
     * @param process the epoch under which it was started
     */
    record Alive(Epoch process, State state) implements Observed {}

    /**
     * States that differ in what may be done, read from query-status and query-migrate together.
     */
    enum State {
        /** Started for a cold grant, vCPUs not yet released by {@code cont}. */
        PRELAUNCH,
        /** vCPUs run; no migration, or one that is pre-copying, failed or was cancelled. */
        RUNNING,
        /**
         * Stopped by {@code stop}, or paused after a failed or cancelled migration of a guest that
         * was stopped.
         */
        PAUSED,
        /** A target that waits for, or receives, its stream. */
        INCOMING,
        /** A target that received everything: {@code paused} and {@code completed}. */
        LOADED,
        /** A source whose vCPUs are stopped at the pause before switch-over. */
        PRE_SWITCHOVER,
        /** A source past {@code migrate-continue}, device state flows. */
        DEVICE,
        /** A source that finished: {@code postmigrate} and {@code completed}. */
        POSTMIGRATE,
        /**
         * Guest shut down or panicked, or an I/O error stopped it: QEMU lives, the guest does not
         * run.
         */
        ENDED
    }
}
