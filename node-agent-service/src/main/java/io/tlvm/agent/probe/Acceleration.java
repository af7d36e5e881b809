package io.tlvm.agent.probe;

import io.tlvm.agent.hypervisor.qemu.Accelerator;

/** What executes guests here. */
public sealed interface Acceleration {
    /** A paused machine with SMM started under KVM and answered. */
    record Kvm() implements Acceleration {}

    /**
     * Only emulation works.
     *
     * @param whyNotKvm QEMU's own words
     */
    record Emulation(String whyNotKvm) implements Acceleration {}

    default Accelerator accelerator() {
        return switch (this) {
            case Kvm() -> Accelerator.KVM;
            case Emulation _ -> Accelerator.TCG;
        };
    }
}
