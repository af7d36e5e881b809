package io.tlvm.foundation.operation;

/** Where an operation is. The first two are unfinished and may be claimed; the others are final. */
public enum OperationState {
    /** Nobody has worked on it yet. */
    QUEUED(false),
    /** Somebody works on it, or did until a claim ended. */
    RUNNING(false),
    /** Done; it has a response. */
    SUCCEEDED(true),
    /** Done; it has an error. */
    FAILED(true),
    /** Done because of a cancellation; it has an error. */
    CANCELLED(true);

    private final boolean done;

    OperationState(boolean done) {
        this.done = done;
    }

    /** Whether nothing changes any more. */
    public boolean done() {
        return done;
    }
}
