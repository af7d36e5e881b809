package io.tlvm.agent.probe;

import io.tlvm.agent.firmware.FirmwareKind;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What this host can do, as found by {@link HostProbe}.
 *
 * @param machineTypes QEMU's versioned q35 machines, newest first; a live migration needs one that
 *     both ends have
 * @param cpuModel the model for machines without vbs
 * @param firmware an answer for every kind
 * @param userPerVm the agent is root and gives each VM a user of its own
 * @param vcpus processors that the agent may use
 * @param memoryBytes the host's memory
 */
public record HostCapabilities(
        Path qemu,
        String qemuVersion,
        List<String> machineTypes,
        Path swtpm,
        String swtpmVersion,
        Set<String> swtpmFeatures,
        Acceleration acceleration,
        String cpuModel,
        VbsSupport vbs,
        Map<FirmwareKind, FirmwareSupport> firmware,
        boolean userPerVm,
        int vcpus,
        long memoryBytes) {
    public HostCapabilities {
        machineTypes = List.copyOf(machineTypes);
        swtpmFeatures = Set.copyOf(swtpmFeatures);
        firmware = Map.copyOf(firmware);
        if (machineTypes.isEmpty()
                || vcpus < 1
                || memoryBytes < 1
                || firmware.size() != FirmwareKind.values().length) {
            throw new IllegalArgumentException("an incomplete probe");
        }
    }
}
