package io.tlvm.agent.probe;

import java.util.List;
import java.util.Set;

/**
 * What the programs of a host said and what trial machines showed.
 *
 * @param machineTypes QEMU's versioned q35 machines, newest first, at least one
 * @param cpuModel the model for machines without VBS
 */
record HostFindings(
        String qemuVersion,
        List<String> machineTypes,
        String swtpmVersion,
        Set<String> swtpmFeatures,
        Acceleration acceleration,
        String cpuModel,
        VbsSupport vbs) {
    HostFindings {
        machineTypes = List.copyOf(machineTypes);
        swtpmFeatures = Set.copyOf(swtpmFeatures);
        if (machineTypes.isEmpty()) {
            throw new IllegalArgumentException("QEMU has a q35 machine");
        }
    }
}
