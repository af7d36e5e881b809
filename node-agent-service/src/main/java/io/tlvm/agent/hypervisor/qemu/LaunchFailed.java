package io.tlvm.agent.hypervisor.qemu;

/**
 * A VM's processes did not come up. Nothing of them is left; the run directory is, with the logs.
 */
public final class LaunchFailed extends Exception {
    private final String reason;

    LaunchFailed(String what, String reason) {
        super(what + ": " + reason);
        this.reason = reason;
    }

    /** What the guardian, swtpm and QEMU said, in this order, at most 2 KiB of each. */
    public String reason() {
        return reason;
    }
}
