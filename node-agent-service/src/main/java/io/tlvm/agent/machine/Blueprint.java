package io.tlvm.agent.machine;

import io.tlvm.agent.firmware.FirmwareImage;
import io.tlvm.agent.firmware.FirmwareKind;
import io.tlvm.agent.gueststate.StateDirectory;
import io.tlvm.agent.hypervisor.qemu.Accelerator;
import io.tlvm.agent.hypervisor.qemu.Disk;
import io.tlvm.agent.hypervisor.qemu.MachineHardware;
import io.tlvm.agent.hypervisor.qemu.RunAs;
import io.tlvm.agent.hypervisor.qemu.RunDirectory;
import io.tlvm.agent.hypervisor.qemu.SecurityType;
import io.tlvm.agent.probe.FirmwareSupport;
import io.tlvm.agent.probe.HostCapabilities;
import io.tlvm.agent.probe.VbsSupport;
import io.tlvm.node.v1.DiskSpec;
import io.tlvm.node.v1.MachineSpec;
import io.tlvm.ownership.id.VmUid;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;

/** A machine's description, made into hardware that this host can build. */
final class Blueprint {
    private static final Path KVM = Path.of("/dev/kvm");

    private final VmUid vm;
    private final MachineSpec spec;
    private final HostCapabilities host;

    /**
     * @throws MachineRefused when the description contradicts itself, or asks for what the host has
     *     not
     */
    Blueprint(VmUid vm, MachineSpec spec, HostCapabilities host) {
        this.vm = vm;
        this.spec = spec;
        this.host = host;
        switch (securityType()) {
            case TRUSTED_LAUNCH -> {
                if (!spec.getVtpm()) {
                    throw refused("spec.vtpm", "a Trusted launch machine has a vTPM");
                }
            }
            case STANDARD -> {
                if (spec.getVtpm() || spec.getSecureBoot() || spec.getVbs()) {
                    throw refused(
                            "spec.security_type",
                            "vTPM, Secure Boot and VBS come with Trusted launch only");
                }
            }
        }
    }

    boolean hasVtpm() {
        return spec.getVtpm();
    }

    MachineSpec spec() {
        return spec;
    }

    SecurityType securityType() {
        return switch (spec.getSecurityType()) {
            case SECURITY_TYPE_TRUSTED_LAUNCH -> SecurityType.TRUSTED_LAUNCH;
            case SECURITY_TYPE_STANDARD -> SecurityType.STANDARD;
            case SECURITY_TYPE_UNSPECIFIED, UNRECOGNIZED ->
                    throw refused("spec.security_type", "it is not stated");
        };
    }

    FirmwareImage firmware() {
        FirmwareKind kind =
                switch (securityType()) {
                    case TRUSTED_LAUNCH ->
                            spec.getSecureBoot()
                                    ? FirmwareKind.SECURE_BOOT
                                    : FirmwareKind.SECURE_BOOT_OFF;
                    case STANDARD -> FirmwareKind.STANDARD;
                };
        return switch (host.firmware().get(kind)) {
            case FirmwareSupport.Installed(var image) -> image;
            case FirmwareSupport.Missing(var why) ->
                    throw new MachineRefusal.HostFailed(why).of(vm);
            case null -> throw new IllegalStateException("the probe says nothing of " + kind);
        };
    }

    /** Where a disk's file is; it is made by PrepareDisks. */
    static Path diskFile(MachineSpec spec, VmUid vm, DiskSpec disk) {
        return Path.of(spec.getStorage().getDirectory(), vm.value(), "disks", disk.getDiskRef());
    }

    MachineHardware hardware(StateDirectory state, RunDirectory run, boolean incoming) {
        List<Disk> disks = new ArrayList<>();
        for (DiskSpec disk : spec.getDisksList()) {
            Path file = diskFile(spec, vm, disk);
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw refused(
                        "spec.disks", "there is no disk file " + file + ": PrepareDisks makes it");
            }
            disks.add(new Disk("d" + disks.size(), file, false));
        }
        try {
            return new MachineHardware(
                    UUID.fromString(vm.value()),
                    host.machineTypes().getFirst(),
                    host.acceleration().accelerator(),
                    cpuModel(),
                    spec.getVcpuCount(),
                    Math.toIntExact(spec.getMemoryMib()),
                    disks,
                    securityType(),
                    firmware().code(),
                    state.variables(),
                    spec.getMacAddress(),
                    spec.getVbs(),
                    run,
                    incoming);
        } catch (IllegalArgumentException | ArithmeticException impossible) {
            throw refused("spec", String.valueOf(impossible.getMessage()));
        }
    }

    /** VBS decides before the cluster's model: without SVM or VMX it cannot start in the guest. */
    private String cpuModel() {
        if (!spec.getVbs()) {
            return spec.getCpuModel().isEmpty() ? host.cpuModel() : spec.getCpuModel();
        }
        return switch (host.vbs()) {
            case VbsSupport.Possible(var model) -> model;
            case VbsSupport.Impossible(var why) -> throw refused("spec.vbs", why);
        };
    }

    RunAs runAs() {
        if (!host.userPerVm() || spec.getRunAsUid() == 0) {
            return new RunAs.AgentItself();
        }
        return new RunAs.Ids(spec.getRunAsUid(), spec.getRunAsUid(), kvmGroup());
    }

    private OptionalInt kvmGroup() {
        if (host.acceleration().accelerator() == Accelerator.TCG) {
            return OptionalInt.empty();
        }
        try {
            int group = (Integer) Files.getAttribute(KVM, "unix:gid");
            return group > 0 ? OptionalInt.of(group) : OptionalInt.empty();
        } catch (IOException gone) {
            throw new MachineRefusal.HostFailed(KVM + " cannot be examined: " + gone.getMessage())
                    .of(vm);
        }
    }

    private MachineRefused refused(String field, String why) {
        return new MachineRefusal.HardwareRefused(field, why).of(vm);
    }
}
