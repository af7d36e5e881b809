package io.tlvm.agent.hypervisor.qemu;

import java.time.Duration;

/**
 * A command that QEMU did not carry out, or nobody knows. Closed: each kind asks for something
 * else.
 */
public abstract sealed class QmpException extends RuntimeException {
    private QmpException(String message) {
        super(message);
    }

    /**
     * The monitor is gone: QEMU ended, or sent what no QEMU sends. Whether the command took effect
     * is unknown.
     */
    public static final class QmpDisconnected extends QmpException {
        QmpDisconnected(String verb, String why) {
            super("QMP " + verb + ": disconnected: " + why);
        }
    }

    /** No answer in time; the command may still take effect. Query before deciding anything. */
    public static final class QmpTimedOut extends QmpException {
        QmpTimedOut(String verb, Duration after) {
            super("QMP " + verb + ": no answer in " + after.toMillis() + " ms");
        }
    }

    /** QEMU said no, and nothing was done. */
    public static final class QmpRefused extends QmpException {
        private final String errorClass;
        private final String description;

        QmpRefused(String verb, String errorClass, String description) {
            super("QMP " + verb + " refused (" + errorClass + "): " + description);
            this.errorClass = errorClass;
            this.description = description;
        }

        /** {@code GenericError} nearly always; see qapi/error.json. */
        public String errorClass() {
            return errorClass;
        }

        public String description() {
            return description;
        }
    }

    /**
     * QEMU said yes, and the query after it says something else, or the reply lacks what its schema
     * promises.
     */
    public static final class QmpNotConfirmed extends QmpException {
        QmpNotConfirmed(String verb, String what) {
            super("QMP " + verb + ": not confirmed: " + what);
        }
    }
}
