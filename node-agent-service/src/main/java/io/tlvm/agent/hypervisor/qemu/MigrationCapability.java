package io.tlvm.agent.hypervisor.qemu;

import java.util.Locale;
import java.util.Set;

/**
 * The capabilities of a migration that are ever on; all others of this QEMU are set to off before
 * each one.
 */
public enum MigrationCapability {
    EVENTS,
    /**
     * The target confirms; without it the source may say completed although the target died
     * loading.
     */
    RETURN_PATH,
    /** The source stops before the vTPM leaves, until it is told to go on. */
    PAUSE_BEFORE_SWITCHOVER,
    /** A paused target takes no disk lock before {@code cont}, so the source can still resume. */
    LATE_BLOCK_ACTIVATE,
    /** The source slows its vCPUs down when memory changes faster than it travels. */
    AUTO_CONVERGE;

    /** For the end that sends. */
    public static final Set<MigrationCapability> SOURCE =
            Set.of(EVENTS, RETURN_PATH, PAUSE_BEFORE_SWITCHOVER);

    /** For the end that receives. */
    public static final Set<MigrationCapability> TARGET =
            Set.of(EVENTS, RETURN_PATH, LATE_BLOCK_ACTIVATE);

    /** The spelling in QMP. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
