package io.tlvm.agent.hypervisor.qemu;

/** Whether a machine has the parts of Trusted launch. */
public enum SecurityType {
    /** Secure Boot firmware in SMM-protected flash, and a vTPM. */
    TRUSTED_LAUNCH,
    /** Plain UEFI: no vTPM, no Secure Boot, no SMM. */
    STANDARD
}
