package io.tlvm.foundation.backup;

/** A backup is not accepted, or cannot be made. */
public final class BackupRefused extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient BackupRefusal why;

    BackupRefused(BackupRefusal why) {
        super(why.message());
        this.why = why;
    }

    public BackupRefusal why() {
        return why;
    }
}
