package io.tlvm.cli;

import io.tlvm.cli.input.EnumWords;
import io.tlvm.cli.input.HardwareProfileArguments;
import io.tlvm.cli.input.Memory;
import io.tlvm.cli.input.ResourceNames;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.compute.v1.CreateVirtualMachineRequest;
import io.tlvm.compute.v1.HardwareProfile;
import io.tlvm.compute.v1.PlacementPolicy;
import io.tlvm.compute.v1.SecurityProfile;
import io.tlvm.compute.v1.StorageProfile;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.type.v1.SecurityType;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * {@code tlvm vm create}. Takes the flags of az beside ours. Flags that are not given stay unset:
 * the service decides.
 */
@Command(name = "create", description = "Create a VM and start it.")
final class VmCreateCommand implements Callable<Integer> {

    private final Session session;

    @Parameters(index = "0", arity = "0..1", paramLabel = "NAME", description = "name of the VM")
    @Nullable String name;

    @Option(
            names = {"-n", "--name"},
            hidden = true)
    @Nullable String nameOption;

    @Option(names = "--image", required = true, description = "gallery image, short or full name")
    String image = "";

    @Option(
            names = "--security-type",
            paramLabel = "TYPE",
            description = "TrustedLaunch (the default) or Standard")
    @Nullable String securityType;

    @Option(
            names = "--enable-secure-boot",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "default: on for TrustedLaunch")
    @Nullable Boolean secureBoot;

    @Option(
            names = "--enable-vtpm",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "default: on for TrustedLaunch")
    @Nullable Boolean vtpm;

    @Option(
            names = "--enable-vbs",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "hardware for virtualization-based security; default: off")
    @Nullable Boolean vbs;

    @Option(names = "--vcpus", paramLabel = "N", description = "virtual CPUs")
    @Nullable Integer vcpus;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "384MiB, 8GiB, or a number of MiB")
    @Nullable String memory;

    @Option(
            names = "--hardware-profile",
            arity = "1..*",
            paramLabel = "KEY=VALUE",
            parameterConsumer = HardwareProfileArguments.class,
            description = "memory-mb=8192 processors=4, as az has it")
    Map<String, String> hardware = new LinkedHashMap<>();

    @Option(
            names = {"--storage-path", "--storage-path-id"},
            paramLabel = "PATH",
            description = "storage path; default: the cluster chooses")
    @Nullable String storagePath;

    @Option(names = "--node", description = "run on this node only")
    @Nullable String node;

    @Option(names = "--label", paramLabel = "KEY=VALUE", description = "label; may be repeated")
    Map<String, String> labels = new LinkedHashMap<>();

    @Option(names = "--stopped", description = "do not start it")
    boolean stopped;

    VmCreateCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        CreateVirtualMachineRequest request = request();
        session.mutate(
                id ->
                        session.services()
                                .vms()
                                .createVirtualMachine(
                                        request.toBuilder().setRequestId(id).build()));
        return 0;
    }

    CreateVirtualMachineRequest request() {
        ResourceNames names = session.names();
        String full = names.vm(theName());
        String parent = full.replaceAll("/virtualMachines/[^/]*$", "");
        var machine =
                VirtualMachine.newBuilder()
                        .putAllLabels(labels)
                        .setHardwareProfile(hardwareProfile())
                        .setStorageProfile(
                                StorageProfile.newBuilder()
                                        .setImage(names.image(image))
                                        .setStoragePath(
                                                storagePath == null
                                                        ? ""
                                                        : names.storagePath(storagePath)));
        SecurityProfile security = securityProfile();
        if (!security.equals(SecurityProfile.getDefaultInstance())) {
            machine.setSecurityProfile(security);
        }
        if (node != null) {
            machine.setPlacementPolicy(PlacementPolicy.newBuilder().setNode(names.node(node)));
        }
        return CreateVirtualMachineRequest.newBuilder()
                .setParent(parent)
                .setVirtualMachineId(ResourceNames.shortName(full))
                .setVirtualMachine(machine)
                .setStopped(stopped)
                .setValidateOnly(session.options().dryRun)
                .build();
    }

    private String theName() {
        if (name != null && nameOption != null && !name.equals(nameOption)) {
            throw usage("the VM has two names: " + name + " and " + nameOption);
        }
        if (name != null) {
            return name;
        }
        if (nameOption != null) {
            return nameOption;
        }
        throw usage("the VM needs a name");
    }

    private SecurityProfile securityProfile() {
        var security = SecurityProfile.newBuilder();
        if (securityType != null) {
            try {
                security.setSecurityTypeValue(
                        EnumWords.parse(SecurityType.getDescriptor(), securityType));
            } catch (IllegalArgumentException wrong) {
                throw usage("--security-type: " + wrong.getMessage());
            }
        }
        if (secureBoot != null) {
            security.setSecureBootEnabled(secureBoot);
        }
        if (vtpm != null) {
            security.setVtpmEnabled(vtpm);
        }
        if (vbs != null) {
            security.setVbsEnabled(vbs);
        }
        return security.build();
    }

    private HardwareProfile hardwareProfile() {
        var profile = HardwareProfile.newBuilder();
        String processors = hardware.get(HardwareProfileArguments.PROCESSORS);
        String mebibytes = hardware.get(HardwareProfileArguments.MEMORY);
        if (vcpus != null && processors != null) {
            throw usage("--vcpus and --hardware-profile processors= say the same twice");
        }
        if (memory != null && mebibytes != null) {
            throw usage("--memory and --hardware-profile memory-mb= say the same twice");
        }
        try {
            if (vcpus != null) {
                profile.setVcpuCount(vcpus);
            } else if (processors != null) {
                profile.setVcpuCount(Integer.parseInt(processors));
            }
            String amount = memory == null ? mebibytes : memory;
            if (amount != null) {
                profile.setMemoryMib(Memory.parse(amount).mebibytes());
            }
        } catch (NumberFormatException notANumber) {
            throw usage("processors= needs a number, not '" + processors + "'");
        } catch (IllegalArgumentException wrong) {
            throw usage(String.valueOf(wrong.getMessage()));
        }
        return profile.build();
    }

    private static ProblemException usage(String what) {
        return new ProblemException(Problem.usage(what, "run: tlvm vm create --help"));
    }
}
