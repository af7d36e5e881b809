package io.tlvm.agent.hypervisor.qemu;

/** What executes the guest's instructions. */
public enum Accelerator {
    KVM,
    /** QEMU's own emulation: slow, runs anywhere, no Intel VMX for the guest. */
    TCG
}
