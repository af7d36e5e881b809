package io.tlvm.agent.hypervisor.qemu;

import java.util.Locale;

/** QEMU's RunState (qapi/run-state.json). */
public enum RunState {
    DEBUG,
    INMIGRATE,
    INTERNAL_ERROR,
    IO_ERROR,
    PAUSED,
    /**
     * A migration left this QEMU stopped: completed, but also failed or cancelled when the guest
     * was stopped before.
     */
    POSTMIGRATE,
    PRELAUNCH,
    FINISH_MIGRATE,
    RESTORE_VM,
    RUNNING,
    SAVE_VM,
    SHUTDOWN,
    SUSPENDED,
    WATCHDOG,
    GUEST_PANICKED,
    COLO;

    static RunState of(String wire) {
        return Wire.parse("query-status", RunState.class, wire);
    }

    /** The spelling in QMP. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
