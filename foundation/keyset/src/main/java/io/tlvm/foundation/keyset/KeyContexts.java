package io.tlvm.foundation.keyset;

/**
 * What wrapped keys are bound to. Who wraps and who unwraps are different processes: this is the
 * one place that all of them read.
 */
public final class KeyContexts {
    /** Length of a state key, in bytes. */
    public static final int STATE_KEY_LENGTH = 32;

    /** Length of a state key sealed by {@link Hpke}, in bytes. */
    public static final int WRAP_LENGTH = Hpke.PUBLIC_KEY_LENGTH + STATE_KEY_LENGTH + 16;

    private static final String WRAP = "tlvm/state-key-wrap/1";
    private static final String RECOVERED = "tlvm/recovered-state-key/1";
    private static final String BACKUP = "tlvm/backup-key/1";
    private static final String RECOVERY = "recovery/";

    private KeyContexts() {}

    /**
     * A state key wrapped for one recipient, to be kept.
     *
     * @param vm the machine's uid, a lower-case UUID
     * @param stateRef the directory
     * @param recipient {@code node/<node name>} or {@code recovery/<key id>}
     */
    public static ContextInfo wrap(String vm, String stateRef, String recipient) {
        return ContextInfo.of(WRAP, vm, stateRef, recipient);
    }

    /**
     * A lost node's state key, sealed to the node that recovers the machine, for one attempt.
     *
     * @param vm the machine's uid, a lower-case UUID
     * @param sourceDirectory the directory that the key opens
     * @param target the node that may open it
     * @param operation the recovery, a lower-case UUID
     * @param epoch of the attempt
     */
    public static ContextInfo recovered(
            String vm, String sourceDirectory, String target, String operation, long epoch) {
        return ContextInfo.of(
                RECOVERED, vm, sourceDirectory, target, operation, Long.toString(epoch));
    }

    /**
     * The key of a backup, sealed to one of those who can open it.
     *
     * @param vm the machine's uid, a lower-case UUID
     * @param backup the backup's number, a lower-case UUID
     * @param keyId the recipient's
     */
    public static ContextInfo backup(String vm, String backup, String keyId) {
        return ContextInfo.of(BACKUP, vm, backup, keyId);
    }

    /** The recipient that stands for a recovery key. */
    public static String recoveryRecipient(String keyId) {
        return RECOVERY + keyId;
    }

    /** Whether a wrap is for some recovery key of the cluster. */
    public static boolean isForRecovery(String recipient) {
        return recipient.startsWith(RECOVERY);
    }
}
