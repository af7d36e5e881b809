package io.tlvm.foundation.operation;

import com.google.protobuf.Any;

/** What a handler may say and ask while it works. */
public interface OperationProgress {

    /**
     * Records the step, for clients and for whoever goes on after a crash.
     *
     * @throws InterruptedException when the claim is lost
     */
    void at(String step, Any metadata) throws InterruptedException;

    /** Whether somebody asked for the operation's end. As fresh as the last heartbeat. */
    boolean cancelRequested();
}
