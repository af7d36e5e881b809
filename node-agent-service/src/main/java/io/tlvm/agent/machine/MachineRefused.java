package io.tlvm.agent.machine;

import io.tlvm.ownership.id.VmUid;

/** Carries a {@link MachineRefusal} to the edge that answers the caller. */
public final class MachineRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient VmUid vm;
    private final transient MachineRefusal refusal;

    /**
     * @param vm the machine that the command was about
     */
    public MachineRefused(VmUid vm, MachineRefusal refusal) {
        super(vm + ": " + refusal);
        this.vm = vm;
        this.refusal = refusal;
    }

    /** Which machine. */
    public VmUid vm() {
        return vm;
    }

    /** Why. */
    public MachineRefusal refusal() {
        return refusal;
    }
}
