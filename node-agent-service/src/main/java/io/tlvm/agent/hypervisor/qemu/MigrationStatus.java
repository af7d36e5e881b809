package io.tlvm.agent.hypervisor.qemu;

import java.util.Locale;

/** QEMU's MigrationStatus (qapi/migration.json). */
public enum MigrationStatus {
    /** No migration since this QEMU started. */
    NONE,
    SETUP,
    CANCELLING,
    CANCELLED,
    ACTIVE,
    POSTCOPY_ACTIVE,
    POSTCOPY_PAUSED,
    POSTCOPY_RECOVER,
    COMPLETED,
    FAILED,
    COLO,
    /**
     * The guest is stopped, memory is over, the vTPM is still here; it waits for {@code
     * migrate-continue}.
     */
    PRE_SWITCHOVER,
    DEVICE,
    WAIT_UNPLUG;

    static MigrationStatus of(String wire) {
        return Wire.parse("query-migrate", MigrationStatus.class, wire);
    }

    /** The spelling in QMP. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Nothing more will happen by itself. */
    public boolean isTerminal() {
        return switch (this) {
            case NONE, CANCELLED, COMPLETED, FAILED -> true;
            case SETUP,
                    CANCELLING,
                    ACTIVE,
                    POSTCOPY_ACTIVE,
                    POSTCOPY_PAUSED,
                    POSTCOPY_RECOVER,
                    COLO,
                    PRE_SWITCHOVER,
                    DEVICE,
                    WAIT_UNPLUG ->
                    false;
        };
    }
}
