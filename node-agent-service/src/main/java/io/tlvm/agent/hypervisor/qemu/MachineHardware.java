package io.tlvm.agent.hypervisor.qemu;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Everything of a machine that its guest can see, and where its files are. Both ends of a live
 * migration must describe the same machine: only paths, the accelerator's host and {@code incoming}
 * may differ.
 *
 * @param vm the VM; also its SMBIOS UUID
 * @param machineType a versioned name like {@code pc-q35-7.2}: the alias {@code q35} means another
 *     machine in another QEMU
 * @param cpuModel a named model, like {@link #TCG_CPU}, with {@code ,+svm} or {@code ,+vmx} where
 *     the host nests; never {@code max} or {@code host}, which differ between hosts
 * @param vcpus 1 to 128
 * @param memoryMib whole MiB, from 384: below it the Secure Boot chain of a Linux guest starts once
 *     and never again
 * @param disks in boot order, at most 16
 * @param firmwareCode the firmware image, read only, Secure Boot build for {@link
 *     SecurityType#TRUSTED_LAUNCH}
 * @param firmwareVars this VM's own variable store
 * @param mac of the one network card, unicast, lower case
 * @param vbs what Windows virtualization-based security asks of the hardware: an IOMMU with
 *     interrupt remapping (and a CPU model with SVM or VMX)
 * @param incoming true for the target of a live migration
 */
public record MachineHardware(
        UUID vm,
        String machineType,
        Accelerator accelerator,
        String cpuModel,
        int vcpus,
        int memoryMib,
        List<Disk> disks,
        SecurityType securityType,
        Path firmwareCode,
        Path firmwareVars,
        String mac,
        boolean vbs,
        RunDirectory runDirectory,
        boolean incoming) {

    /**
     * The model for emulated machines. It asks for nothing that TCG has to leave out, so two hosts
     * cannot differ; richer models lost memory writes of a busy guest in live migration.
     */
    public static final String TCG_CPU = "Nehalem";

    /**
     * The model for emulated machines with {@code vbs}: TCG has SVM with nested paging and no VMX.
     */
    public static final String TCG_VBS_CPU = "EPYC-v3";

    private static final Pattern MACHINE_TYPE = Pattern.compile("pc-q35-\\d{1,2}\\.\\d{1,2}");
    private static final Pattern CPU_MODEL =
            Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,39}(,\\+(svm|vmx))?");
    private static final Pattern UNICAST_MAC =
            Pattern.compile("[0-9a-f][02468ace](:[0-9a-f]{2}){5}");

    public MachineHardware {
        disks = List.copyOf(disks);
        check(
                MACHINE_TYPE.matcher(machineType).matches(),
                "machine type '" + machineType + "' is not pc-q35-N.M");
        check(
                CPU_MODEL.matcher(cpuModel).matches()
                        && !cpuModel.equals("max")
                        && !cpuModel.equals("host"),
                "CPU model '" + cpuModel + "' is not a named model");
        check(vcpus >= 1 && vcpus <= 128, "vcpus " + vcpus + " is not in 1..128");
        check(
                memoryMib >= 384 && memoryMib <= 1 << 20,
                "memory " + memoryMib + " MiB is not in 384..1048576");
        check(disks.size() <= 16, "more than 16 disks");
        Set<String> nodes = new HashSet<>();
        disks.forEach(disk -> check(nodes.add(disk.node()), "two disks are called " + disk.node()));
        check(
                firmwareCode.isAbsolute() && firmwareVars.isAbsolute(),
                "firmware paths must be absolute");
        check(
                UNICAST_MAC.matcher(mac).matches(),
                "'" + mac + "' is not a unicast MAC address in lower case");
        check(
                !vbs || securityType == SecurityType.TRUSTED_LAUNCH,
                "vbs needs security type TRUSTED_LAUNCH");
        check(
                !vbs || accelerator == Accelerator.KVM || cpuModel.startsWith("EPYC"),
                "vbs under TCG needs a CPU model with SVM, like " + TCG_VBS_CPU);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
