package io.tlvm.cli.output;

import com.google.longrunning.Operation;
import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.catalog.v1.CreateImageMetadata;
import io.tlvm.catalog.v1.Image;
import io.tlvm.catalog.v1.ImageVersion;
import io.tlvm.catalog.v1.Publisher;
import io.tlvm.cli.input.EnumWords;
import io.tlvm.cli.input.ResourceNames;
import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.compute.v1.Condition;
import io.tlvm.compute.v1.Migration;
import io.tlvm.compute.v1.Node;
import io.tlvm.compute.v1.StoragePath;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachineOperationMetadata;
import io.tlvm.compute.v1.WatchVirtualMachinesResponse;
import io.tlvm.foundation.refusal.RefusalView;

import java.time.InstantSource;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The columns of each kind of resource. Security columns show what is in effect, never what was
 * asked for.
 */
public final class Views {

    private final InstantSource clock;

    /**
     * @param clock for ages
     */
    public Views(InstantSource clock) {
        this.clock = clock;
    }

    /** VMs. */
    public View<VirtualMachine> vm() {
        return new View<>(
                VirtualMachine::getName,
                List.of(
                        Column.of("NAME", vm -> ResourceNames.shortName(vm.getName())),
                        Column.of("POWER", vm -> EnumWords.word(vm.getPowerState())),
                        Column.of("STATE", vm -> EnumWords.word(vm.getState())),
                        Column.of("NODE", vm -> ResourceNames.shortName(vm.getNode())),
                        Column.of(
                                "SECURITY",
                                vm ->
                                        EnumWords.word(
                                                vm.getEffectiveSecurityProfile()
                                                        .getSecurityType())),
                        Column.of(
                                "SECBOOT",
                                vm ->
                                        Words.onOff(
                                                vm.getEffectiveSecurityProfile()
                                                        .getSecureBootEnabled())),
                        Column.of(
                                "VTPM",
                                vm ->
                                        vm.getEffectiveSecurityProfile().getVtpmEnabled()
                                                ? "2.0"
                                                : "off"),
                        Column.wide(
                                "VBS",
                                vm ->
                                        vm.getEffectiveSecurityProfile().getVbsCapable()
                                                ? "capable"
                                                : "off"),
                        Column.wide("ATTEST", vm -> vm.getAttestationStatus().getHealthStatus()),
                        Column.of(
                                "CPU",
                                vm ->
                                        vm.getHardwareProfile().getVcpuCount() == 0
                                                ? ""
                                                : Integer.toString(
                                                        vm.getHardwareProfile().getVcpuCount())),
                        Column.of(
                                "MEM",
                                vm -> Words.mebibytes(vm.getHardwareProfile().getMemoryMib())),
                        Column.of(
                                "IMAGE",
                                vm -> ResourceNames.shortName(vm.getStorageProfile().getImage())),
                        Column.of("AGE", vm -> Words.age(vm.getCreateTime(), clock.instant())),
                        Column.wide("URN", vm -> vm.getStorageProfile().getImageUrn()),
                        Column.wide(
                                "DIGEST",
                                vm -> Words.digest(vm.getStorageProfile().getImageDigest())),
                        Column.wide(
                                "STORAGE",
                                vm ->
                                        ResourceNames.shortName(
                                                vm.getStorageProfile().getStoragePath())),
                        Column.wide(
                                "EPOCH",
                                vm ->
                                        vm.hasGuestState()
                                                ? Long.toString(vm.getGuestState().getEpoch())
                                                : ""),
                        Column.wide(
                                "EK",
                                vm ->
                                        vm.getGuestState().getEkFingerprint().isEmpty()
                                                ? ""
                                                : Words.digest(
                                                                vm.getGuestState()
                                                                        .getEkFingerprint())
                                                        + (vm.getGuestState().getEkVerified()
                                                                ? " verified"
                                                                : " NOT verified")),
                        Column.wide("MAC", VirtualMachine::getMacAddress),
                        Column.wide("UID", VirtualMachine::getUid),
                        Column.wide("CONDITIONS", vm -> conditions(vm.getConditionsList())),
                        Column.wide(
                                "OPERATION",
                                vm -> ResourceNames.shortName(vm.getCurrentOperation())),
                        Column.wide(
                                "MIGRATION",
                                vm ->
                                        vm.hasLastMigration()
                                                ? migration(vm.getLastMigration())
                                                : ""),
                        Column.wide("PURGE", vm -> Words.time(vm.getPurgeTime())),
                        Column.wide(
                                "ERROR", vm -> vm.hasLastError() ? error(vm.getLastError()) : "")));
    }

    private static String conditions(List<Condition> conditions) {
        return conditions.stream()
                .map(
                        condition ->
                                condition.getType()
                                        + "="
                                        + condition.getStatus()
                                        + (condition.getStatus().equals("True")
                                                ? ""
                                                : "(" + condition.getReason() + ")"))
                .collect(Collectors.joining(" "));
    }

    /** One line about a move: where, how long the guest paused, how long it took. */
    public static String migration(Migration migration) {
        return EnumWords.word(migration.getState())
                + " "
                + ResourceNames.shortName(migration.getSourceNode())
                + "→"
                + ResourceNames.shortName(migration.getTargetNode())
                + (migration.hasPause()
                        ? " guest paused " + Words.duration(migration.getPause())
                        : "")
                + (migration.hasTotalTime()
                        ? " total " + Words.duration(migration.getTotalTime())
                        : "")
                + (migration.getEpochAfter() > 0
                        ? " epoch " + migration.getEpochBefore() + "→" + migration.getEpochAfter()
                        : "")
                + (migration.getSourceDestroyed() ? " source copy destroyed" : "")
                + (migration.getReceipt().isEmpty() ? "" : " receipt " + migration.getReceipt());
    }

    private static String error(com.google.rpc.Status status) {
        RefusalView refusal = RefusalView.of(status);
        return refusal.wireReason() + ": " + refusal.message();
    }

    /** Events of a watch. */
    public View<WatchVirtualMachinesResponse> event() {
        return new View<>(
                event -> event.getVirtualMachine().getName(),
                List.of(
                        Column.of("EVENT", event -> EnumWords.word(event.getType())),
                        Column.of(
                                "NAME",
                                event ->
                                        ResourceNames.shortName(
                                                event.getVirtualMachine().getName())),
                        Column.of(
                                "POWER",
                                event -> EnumWords.word(event.getVirtualMachine().getPowerState())),
                        Column.of(
                                "STATE",
                                event -> EnumWords.word(event.getVirtualMachine().getState())),
                        Column.of(
                                "NODE",
                                event ->
                                        ResourceNames.shortName(
                                                event.getVirtualMachine().getNode())),
                        Column.wide("TOKEN", WatchVirtualMachinesResponse::getResumeToken)));
    }

    /** Gallery images. */
    public View<Image> image() {
        return new View<>(
                Image::getName,
                List.of(
                        Column.of("NAME", image -> ResourceNames.shortName(image.getName())),
                        Column.of("STATE", image -> EnumWords.word(image.getState())),
                        Column.of("SOURCE", image -> EnumWords.word(image.getSource())),
                        Column.of("OS", image -> EnumWords.word(image.getOsType())),
                        Column.of(
                                "TRUSTED-LAUNCH",
                                image -> image.getTrustedLaunchSupported() ? "yes" : "no"),
                        Column.of("SIZE", image -> Words.bytes(image.getSizeBytes())),
                        Column.of("URN", Image::getUrn),
                        Column.of(
                                "AGE", image -> Words.age(image.getCreateTime(), clock.instant())),
                        Column.wide("FORMAT", Image::getFormat),
                        Column.wide("DIGEST", Image::getDigest),
                        Column.wide("REASON", Image::getTrustedLaunchReason)));
    }

    /** Versions of the marketplace, also those that Trusted launch refuses, with the reason. */
    public View<ImageVersion> imageVersion() {
        return new View<>(
                ImageVersion::getName,
                List.of(
                        Column.of("URN", ImageVersion::getUrn),
                        Column.of("OS", version -> EnumWords.word(version.getOsType())),
                        Column.of(
                                "TRUSTED-LAUNCH",
                                version -> EnumWords.word(version.getTrustedLaunch())),
                        Column.of(
                                "CONTENT", version -> version.getContentAvailable() ? "yes" : "no"),
                        Column.of(
                                "REASON",
                                version ->
                                        version.getTrustedLaunchReason().isEmpty()
                                                ? version.getContentReason()
                                                : version.getTrustedLaunchReason()),
                        Column.wide("TITLE", ImageVersion::getTitle),
                        Column.wide("SIZE", version -> Words.bytes(version.getSizeBytes())),
                        Column.wide("FORMAT", ImageVersion::getFormat),
                        Column.wide("DIGEST", ImageVersion::getDigest),
                        Column.wide("SIGNED-BY", ImageVersion::getSignedBy),
                        Column.wide("NOTE", ImageVersion::getNote)));
    }

    /** Publishers. */
    public View<Publisher> publisher() {
        return new View<>(
                Publisher::getName,
                List.of(
                        Column.of(
                                "NAME", publisher -> ResourceNames.shortName(publisher.getName())),
                        Column.of("DISPLAY-NAME", Publisher::getDisplayName),
                        Column.of("SEEDED", publisher -> publisher.getSeeded() ? "yes" : "no"),
                        Column.of(
                                "KEYS",
                                publisher -> Integer.toString(publisher.getKeyFingerprintsCount())),
                        Column.wide(
                                "FINGERPRINTS",
                                publisher ->
                                        String.join(" ", publisher.getKeyFingerprintsList()))));
    }

    /** Records of the audit chain. */
    public View<AuditRecord> auditRecord() {
        return AuditView.of();
    }

    /** Nodes. */
    public View<Node> node() {
        return new View<>(
                Node::getName,
                List.of(
                        Column.of("NAME", node -> ResourceNames.shortName(node.getName())),
                        Column.of("STATE", node -> EnumWords.word(node.getState())),
                        Column.of("VMS", node -> Integer.toString(node.getVmCount())),
                        Column.of(
                                "CPU",
                                node ->
                                        node.getVcpuUsed()
                                                + "/"
                                                + node.getCapabilities().getVcpuCount()),
                        Column.of(
                                "MEM",
                                node ->
                                        (node.getMemoryMibUsed() == 0
                                                        ? "0"
                                                        : Words.mebibytes(node.getMemoryMibUsed()))
                                                + "/"
                                                + Words.mebibytes(
                                                        node.getCapabilities().getMemoryMib())),
                        Column.of(
                                "TRUSTED-LAUNCH",
                                node -> node.getCapabilities().getTrustedLaunch() ? "yes" : "no"),
                        Column.of("ACCEL", node -> node.getCapabilities().getAccelerator()),
                        Column.of(
                                "RENEWED",
                                node -> Words.age(node.getLastRenewTime(), clock.instant())),
                        Column.of("UNSCHEDULABLE", Node::getUnschedulableReason),
                        Column.wide("ADDRESS", Node::getAddress),
                        Column.wide("AGENT", node -> node.getCapabilities().getAgentVersion()),
                        Column.wide("QEMU", node -> node.getCapabilities().getQemuVersion()),
                        Column.wide("SWTPM", node -> node.getCapabilities().getSwtpmVersion()),
                        Column.wide("CPU-MODEL", node -> node.getCapabilities().getCpuModel()),
                        Column.wide(
                                "GUEST-USERS",
                                node ->
                                        node.getCapabilities().getSeparateUids()
                                                ? "one per VM"
                                                : "the agent's own"),
                        Column.wide(
                                "STORAGE",
                                node ->
                                        node.getStoragePathsList().stream()
                                                .map(ResourceNames::shortName)
                                                .collect(Collectors.joining(","))),
                        Column.wide(
                                "CERTIFICATE-ENDS",
                                node ->
                                        Words.time(
                                                node.getCapabilities().getCertificateExpireTime())),
                        Column.wide(
                                "TRUSTED-LAUNCH-REASON",
                                node -> node.getCapabilities().getTrustedLaunchReason()),
                        Column.wide(
                                "GIVEN-UP",
                                node ->
                                        node.getConditionsList().stream()
                                                .map(Condition::getMessage)
                                                .collect(Collectors.joining("; "))),
                        Column.wide("VBS-REASON", node -> node.getCapabilities().getVbsReason()),
                        Column.wide(
                                "ACCEL-REASON",
                                node -> node.getCapabilities().getAcceleratorReason())));
    }

    /** Storage paths. */
    public View<StoragePath> storagePath() {
        return new View<>(
                StoragePath::getName,
                List.of(
                        Column.of("NAME", path -> ResourceNames.shortName(path.getName())),
                        Column.of("KIND", path -> EnumWords.word(path.getKind())),
                        Column.of("DIRECTORY", StoragePath::getDirectory),
                        Column.of(
                                "NODES",
                                path ->
                                        path.getNodesList().stream()
                                                .map(ResourceNames::shortName)
                                                .collect(Collectors.joining(","))),
                        Column.of(
                                "AGE", path -> Words.age(path.getCreateTime(), clock.instant()))));
    }

    /** Operations of both services. */
    public View<Operation> operation() {
        return new View<>(
                Operation::getName,
                List.of(
                        Column.of(
                                "NAME", operation -> ResourceNames.shortName(operation.getName())),
                        Column.of("STATE", Views::operationState),
                        Column.of("VERB", operation -> Views.vmMetadata(operation).getVerb()),
                        Column.of("STEP", Views::operationStep),
                        Column.of(
                                "TARGET", operation -> ResourceNames.shortName(target(operation))),
                        Column.wide("REQUESTER", operation -> vmMetadata(operation).getRequester()),
                        Column.wide("MESSAGE", operation -> vmMetadata(operation).getMessage()),
                        Column.wide(
                                "ERROR",
                                operation ->
                                        operation.hasError() ? error(operation.getError()) : "")));
    }

    private static String operationState(Operation operation) {
        if (!operation.getDone()) {
            return "Running";
        }
        return operation.hasError() ? "Failed" : "Succeeded";
    }

    private static String operationStep(Operation operation) {
        String step = vmMetadata(operation).getStep();
        return step.isEmpty() ? EnumWords.word(imageMetadata(operation).getPhase()) : step;
    }

    private static String target(Operation operation) {
        String target = vmMetadata(operation).getTarget();
        return target.isEmpty() ? imageMetadata(operation).getTarget() : target;
    }

    private static VirtualMachineOperationMetadata vmMetadata(Operation operation) {
        try {
            return operation.getMetadata().is(VirtualMachineOperationMetadata.class)
                    ? operation.getMetadata().unpack(VirtualMachineOperationMetadata.class)
                    : VirtualMachineOperationMetadata.getDefaultInstance();
        } catch (InvalidProtocolBufferException damaged) {
            return VirtualMachineOperationMetadata.getDefaultInstance();
        }
    }

    private static CreateImageMetadata imageMetadata(Operation operation) {
        try {
            return operation.getMetadata().is(CreateImageMetadata.class)
                    ? operation.getMetadata().unpack(CreateImageMetadata.class)
                    : CreateImageMetadata.getDefaultInstance();
        } catch (InvalidProtocolBufferException damaged) {
            return CreateImageMetadata.getDefaultInstance();
        }
    }
}
