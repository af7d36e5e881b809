package io.tlvm.agent.gueststate;

import io.tlvm.agent.firmware.VariableStore;
import io.tlvm.agent.tpm.PermanentState;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.nio.file.Path;

/**
 * The directory that holds, or will hold, the guest state of one machine.
 *
 * @param vm whose state it is
 * @param ref its name, in the row and in its keys
 * @param path where it is; while it is being made that is a temporary name
 */
public record StateDirectory(VmUid vm, StateRef ref, Path path) {
    static final String TPM = "tpm";
    static final String MANIFEST = "MANIFEST";
    static final String KEY = "KEY";

    /** What swtpm works in: owned by the machine's user, 0700. */
    public Path tpm() {
        return path.resolve(TPM);
    }

    /** The vTPM's permanent state, which swtpm replaces by rename. */
    public Path permanentState() {
        return tpm().resolve(PermanentState.FILE_NAME);
    }

    /** The UEFI variables: owned by the machine's user, 0600. */
    public Path variables() {
        return path.resolve(VariableStore.FILE_NAME);
    }

    /** The sealed manifest: the agent's, 0600. */
    public Path manifest() {
        return path.resolve(MANIFEST);
    }

    /** The wrapped state key: the agent's, 0600. */
    public Path key() {
        return path.resolve(KEY);
    }
}
