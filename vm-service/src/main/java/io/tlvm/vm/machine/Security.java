package io.tlvm.vm.machine;

import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.util.Optional;

/** How a VM is protected: what was asked for and what is in effect. Fixed at create. */
public record Security(Requested requested, Effective effective) {

    /** OVMF's Secure Boot build ends without a message below this much memory (measured). */
    private static final long SECURE_BOOT_MEMORY_LEAST_MIB = 384;

    /** The two types. */
    public enum Type {
        /** Nothing promised. */
        STANDARD,
        /** Secure Boot and a vTPM, always both. */
        TRUSTED_LAUNCH
    }

    /** As it was asked for; an absent part follows from the type. */
    public record Requested(
            Optional<Type> type,
            Optional<Boolean> vtpm,
            Optional<Boolean> secureBoot,
            boolean vbs) {}

    /** As it is. */
    public record Effective(Type type, boolean vtpm, boolean secureBoot, boolean vbs) {}

    /**
     * What is in effect when {@code requested} is asked for.
     *
     * @throws VmRefused when the parts contradict each other or the hardware
     */
    public static Security of(Requested requested, Hardware hardware) {
        Type type = requested.type().orElse(Type.TRUSTED_LAUNCH);
        boolean on = type == Type.TRUSTED_LAUNCH;
        var effective =
                new Effective(
                        type,
                        requested.vtpm().orElse(on),
                        requested.secureBoot().orElse(on),
                        requested.vbs());
        if (on && !(effective.vtpm() && effective.secureBoot())) {
            throw new VmRefused(
                    new MachineRefusal.TrustedLaunchNeedsBoth(
                            effective.vtpm(), effective.secureBoot()));
        }
        if (effective.secureBoot() && hardware.memoryMib() < SECURE_BOOT_MEMORY_LEAST_MIB) {
            throw new VmRefused(
                    new MachineRefusal.MemoryTooSmall(
                            hardware.memoryMib(), SECURE_BOOT_MEMORY_LEAST_MIB));
        }
        return new Security(requested, effective);
    }
}
