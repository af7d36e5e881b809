package io.tlvm.vm.machine;

import io.tlvm.ownership.row.OwnershipRow;

/** Takes back a create that made nothing. */
@FunctionalInterface
public interface CreateUndo {

    /** What the node says. */
    enum Word {
        /** It made nothing that counts, never will, and holds nothing of the VM. */
        WITHDRAWN,
        /** The state is made: go on with the create instead. */
        STATE_MADE
    }

    /**
     * Asks the owner for its word.
     *
     * @throws io.tlvm.vm.refusal.VmRefused StepFailed when the node does not give it
     */
    Word withdraw(Machine machine, OwnershipRow row) throws InterruptedException;
}
