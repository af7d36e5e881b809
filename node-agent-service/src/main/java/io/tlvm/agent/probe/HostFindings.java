package io.tlvm.agent.probe;

import io.tlvm.agent.firmware.FirmwareKind;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the programs of a host said, what trial machines showed, which firmware there is.
 *
 * @param machineTypes QEMU's versioned q35 machines, newest first, at least one
 * @param cpuModel the model for machines without VBS
 * @param firmware an answer for every kind
 */
record HostFindings(
        String qemuVersion,
        List<String> machineTypes,
        String swtpmVersion,
        Set<String> swtpmFeatures,
        Acceleration acceleration,
        String cpuModel,
        VbsSupport vbs,
        Map<FirmwareKind, FirmwareSupport> firmware) {
    HostFindings {
        machineTypes = List.copyOf(machineTypes);
        swtpmFeatures = Set.copyOf(swtpmFeatures);
        firmware = Map.copyOf(firmware);
        if (machineTypes.isEmpty() || firmware.size() != FirmwareKind.values().length) {
            throw new IllegalArgumentException("an incomplete probe");
        }
    }
}
