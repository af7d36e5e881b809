package io.tlvm.agent.firmware;

/** The firmwares that a machine can be made with. Chosen once: the variables belong to it. */
public enum FirmwareKind {
    /** Secure Boot enforced, with Microsoft's keys enrolled; needs SMM. */
    SECURE_BOOT("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd"),
    /**
     * The same code without enrolled keys: Secure Boot is off until the guest's owner enrolls some;
     * needs SMM.
     */
    SECURE_BOOT_OFF("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.fd"),
    /** UEFI without Secure Boot and without SMM, for machines that are not Trusted launch. */
    STANDARD("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd");

    private final String code;
    private final String variables;

    FirmwareKind(String code, String variables) {
        this.code = code;
        this.variables = variables;
    }

    String code() {
        return code;
    }

    String variables() {
        return variables;
    }

    /**
     * Whether QEMU must run with {@code smm=on} and a secure flash, so that only firmware writes
     * the variables.
     */
    public boolean needsSmm() {
        return this != STANDARD;
    }
}
