package io.tlvm.agent.probe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import io.tlvm.agent.firmware.FirmwareImages;
import io.tlvm.agent.firmware.FirmwareKind;
import io.tlvm.agent.hypervisor.qemu.Accelerator;
import io.tlvm.agent.hypervisor.qemu.Guardian;
import io.tlvm.agent.hypervisor.qemu.MachineHardware;
import io.tlvm.agent.hypervisor.qemu.RunAs;
import io.tlvm.ownership.id.Digest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds out what this host can do, by starting real (paused, empty) machines the way real ones are
 * started.
 */
public final class HostProbe {
    /** Without the first, keys would have to stand in a file. */
    private static final Set<String> SWTPM_NEEDED =
            Set.of("tpm-2.0", "cmdarg-key-fd", "cmdarg-seccomp");

    private static final Path NESTED_INTEL = Path.of("/sys/module/kvm_intel/parameters/nested");
    private static final Path NESTED_AMD = Path.of("/sys/module/kvm_amd/parameters/nested");

    /** Whether a machine under KVM can have a hypervisor of its own. */
    static final List<Path> NESTING = List.of(NESTED_INTEL, NESTED_AMD);

    private static final Pattern QEMU_VERSION =
            Pattern.compile("QEMU emulator version (\\d+\\.\\d+\\.\\d+)");
    private static final Pattern Q35 = Pattern.compile("(?m)^(pc-q35-(\\d+)\\.(\\d+))\\s");
    private static final Pattern MEMORY = Pattern.compile("(?m)^MemTotal:\\s+(\\d+) kB$");

    private final SearchPath path;
    private final FirmwareImages firmware;
    private final FindingsFile remembered;
    private final Settings settings;

    /**
     * How trial machines are started.
     *
     * @param guardian for the trial machines
     * @param runRoot where their run directories are made
     * @param runAs the user they run as
     * @param kvmCpuModel the cluster's model where KVM works; under emulation it is {@link
     *     MachineHardware#TCG_CPU}
     */
    public record Settings(Guardian guardian, Path runRoot, RunAs runAs, String kvmCpuModel) {}

    /**
     * @param remembered what an earlier probe found
     */
    public HostProbe(
            SearchPath path, FirmwareImages firmware, FindingsFile remembered, Settings settings) {
        this.path = path;
        this.firmware = firmware;
        this.remembered = remembered;
        this.settings = settings;
    }

    /**
     * Takes some seconds, except where the host is the one that was probed before. Where KVM works
     * not, that is an answer; where nothing works, a refusal.
     *
     * @throws HostUnusable naming the program that is missing or broken
     */
    public HostCapabilities probe() throws HostUnusable, IOException, InterruptedException {
        Path qemu = path.require("qemu-system-x86_64", "qemu-system-x86");
        Path swtpm = path.require("swtpm", "swtpm");
        Digest subject =
                HostSubject.of(
                        List.of(qemu, swtpm, settings.guardian().program()),
                        firmware.files(),
                        settings);
        HostFindings findings;
        Optional<HostFindings> recalled = remembered.recall(subject);
        if (recalled.isPresent()) {
            findings = recalled.get();
        } else {
            findings = findings(qemu, swtpm);
            remembered.keep(subject, findings);
        }
        return new HostCapabilities(
                qemu,
                findings.qemuVersion(),
                findings.machineTypes(),
                swtpm,
                findings.swtpmVersion(),
                findings.swtpmFeatures(),
                findings.acceleration(),
                findings.cpuModel(),
                findings.vbs(),
                findings.firmware(),
                settings.runAs() instanceof RunAs.Ids,
                Runtime.getRuntime().availableProcessors(),
                memoryBytes());
    }

    private HostFindings findings(Path qemu, Path swtpm)
            throws HostUnusable, IOException, InterruptedException {
        String qemuVersion = qemuVersion(qemu);
        List<String> machineTypes = machineTypes(qemu);
        JsonNode tpm = swtpmCapabilities(swtpm);
        TrialMachine trial = new TrialMachine(qemu, machineTypes.getFirst(), settings);
        Acceleration acceleration = acceleration(qemu, trial);
        String cpuModel =
                switch (acceleration) {
                    case Acceleration.Kvm() -> settings.kvmCpuModel();
                    case Acceleration.Emulation _ -> MachineHardware.TCG_CPU;
                };
        return new HostFindings(
                qemuVersion,
                machineTypes,
                tpm.path("version").asText("unknown"),
                features(tpm),
                acceleration,
                cpuModel,
                vbs(acceleration, trial),
                firmware());
    }

    private static String qemuVersion(Path qemu) throws HostUnusable, InterruptedException {
        ProgramOutput output = ProgramOutput.of(List.of(qemu.toString(), "--version"));
        Matcher matcher = QEMU_VERSION.matcher(output.text());
        if (output.status() != 0 || !matcher.find()) {
            throw broken(qemu, output, "qemu-system-x86");
        }
        return matcher.group(1);
    }

    private static List<String> machineTypes(Path qemu) throws HostUnusable, InterruptedException {
        ProgramOutput output = ProgramOutput.of(List.of(qemu.toString(), "-machine", "help"));
        List<String> types =
                Q35.matcher(output.text())
                        .results()
                        .sorted(
                                Comparator.comparingInt(
                                                (MatchResult type) ->
                                                        -Integer.parseInt(type.group(2)))
                                        .thenComparingInt(type -> -Integer.parseInt(type.group(3))))
                        .map(type -> type.group(1))
                        .toList();
        if (output.status() != 0 || types.isEmpty()) {
            throw broken(qemu, output, "qemu-system-x86");
        }
        return types;
    }

    private static JsonNode swtpmCapabilities(Path swtpm)
            throws HostUnusable, InterruptedException {
        ProgramOutput output =
                ProgramOutput.of(
                        List.of(swtpm.toString(), "socket", "--tpm2", "--print-capabilities"));
        JsonNode capabilities;
        try {
            capabilities = new ObjectMapper().readTree(output.text());
        } catch (JsonProcessingException noJson) {
            throw broken(swtpm, output, "swtpm");
        }
        if (output.status() != 0 || !capabilities.path("type").asText().equals("swtpm")) {
            throw broken(swtpm, output, "swtpm");
        }
        Set<String> missing = new HashSet<>(SWTPM_NEEDED);
        missing.removeAll(features(capabilities));
        if (!missing.isEmpty()) {
            throw new HostUnusable(
                    swtpm.toString(),
                    "lacks " + missing,
                    "install swtpm 0.7.1 or newer, built with seccomp");
        }
        return capabilities;
    }

    private static Set<String> features(JsonNode capabilities) {
        Set<String> features = new HashSet<>();
        capabilities.path("features").forEach(feature -> features.add(feature.asText()));
        return features;
    }

    private Acceleration acceleration(Path qemu, TrialMachine trial)
            throws HostUnusable, IOException, InterruptedException {
        return switch (trial.start(Accelerator.KVM, settings.kvmCpuModel(), false)) {
            case TrialMachine.Works() -> new Acceleration.Kvm();
            case TrialMachine.Fails(String whyNotKvm) ->
                    switch (trial.start(Accelerator.TCG, MachineHardware.TCG_CPU, false)) {
                        case TrialMachine.Works() -> new Acceleration.Emulation(whyNotKvm);
                        case TrialMachine.Fails(String why) ->
                                throw new HostUnusable(
                                        qemu.toString(),
                                        "starts no machine (" + why + ")",
                                        "repair what it names; KVM said: " + whyNotKvm);
                    };
        };
    }

    private static VbsSupport vbs(Acceleration acceleration, TrialMachine trial)
            throws IOException, InterruptedException {
        return switch (acceleration) {
            case Acceleration.Emulation _ ->
                    vbs(trial, Accelerator.TCG, MachineHardware.TCG_VBS_CPU);
            case Acceleration.Kvm() -> {
                if (isOn(NESTED_INTEL)) {
                    yield vbs(trial, Accelerator.KVM, trial.settings().kvmCpuModel() + ",+vmx");
                }
                if (isOn(NESTED_AMD)) {
                    yield vbs(trial, Accelerator.KVM, trial.settings().kvmCpuModel() + ",+svm");
                }
                yield new VbsSupport.Impossible(
                        "nested virtualization is off: load kvm_intel or kvm_amd with nested=1");
            }
        };
    }

    private static VbsSupport vbs(TrialMachine trial, Accelerator accelerator, String cpuModel)
            throws IOException, InterruptedException {
        return switch (trial.start(accelerator, cpuModel, true)) {
            case TrialMachine.Works() -> new VbsSupport.Possible(cpuModel);
            case TrialMachine.Fails(String why) -> new VbsSupport.Impossible(why);
        };
    }

    static boolean isOn(Path parameter) throws IOException {
        return Files.exists(parameter)
                && Set.of("Y", "1").contains(Files.readString(parameter).strip());
    }

    private Map<FirmwareKind, FirmwareSupport> firmware() {
        Map<FirmwareKind, FirmwareSupport> found = new EnumMap<>(FirmwareKind.class);
        for (FirmwareKind kind : FirmwareKind.values()) {
            try {
                found.put(kind, new FirmwareSupport.Installed(firmware.find(kind)));
            } catch (IOException missing) {
                found.put(kind, new FirmwareSupport.Missing(String.valueOf(missing.getMessage())));
            }
        }
        return found;
    }

    private static long memoryBytes() throws IOException {
        Matcher matcher = MEMORY.matcher(Files.readString(Path.of("/proc/meminfo")));
        if (!matcher.find()) {
            throw new IOException("/proc/meminfo has no MemTotal");
        }
        return Long.parseLong(matcher.group(1)) * 1024;
    }

    private static HostUnusable broken(Path program, ProgramOutput output, String debianPackage) {
        return new HostUnusable(
                program.toString(),
                "does not answer like itself (exit "
                        + output.status()
                        + ", "
                        + output.firstLine()
                        + ")",
                "install the package "
                        + debianPackage
                        + " again, or take the impostor out of PATH");
    }
}
