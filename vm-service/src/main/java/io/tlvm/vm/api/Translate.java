package io.tlvm.vm.api;

import com.google.protobuf.Timestamp;

import io.tlvm.compute.v1.CreateVirtualMachineRequest;
import io.tlvm.compute.v1.HardwareProfile;
import io.tlvm.compute.v1.PlacementPolicy;
import io.tlvm.compute.v1.SecurityProfile;
import io.tlvm.compute.v1.StopVirtualMachineRequest;
import io.tlvm.compute.v1.StorageProfile;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Phase.StopMode;
import io.tlvm.type.v1.SecurityType;
import io.tlvm.vm.machine.Hardware;
import io.tlvm.vm.machine.MachineName;
import io.tlvm.vm.machine.NewMachine;
import io.tlvm.vm.machine.Security;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Requests into the domain's values; what comes out is in {@link Show}. */
final class Translate {
    private static final String NODES = "nodes/";

    private Translate() {}

    /**
     * @throws io.grpc.StatusRuntimeException VALIDATION_FAILED when a part is no AIP-122 id
     */
    static MachineName name(String text) {
        try {
            return MachineName.parse(text);
        } catch (IllegalArgumentException notAName) {
            throw Refusals.invalid(
                            "name", "name.shape", "must be projects/{project}/virtualMachines/{id}")
                    .asException();
        }
    }

    /** The project of {@code projects/{project}}; the contract's pattern holds. */
    static String project(String parent) {
        return parent.substring("projects/".length());
    }

    static NewMachine newMachine(CreateVirtualMachineRequest request) {
        var asked = request.getVirtualMachine();
        HardwareProfile hardwareProfile = asked.getHardwareProfile();
        StorageProfile storage = asked.getStorageProfile();
        PlacementPolicy placement = asked.getPlacementPolicy();
        if (!storage.getImage().matches("projects/[a-z0-9-]{1,63}/images/[a-z0-9-]{1,63}")) {
            throw Refusals.invalid(
                            "virtual_machine.storage_profile.image",
                            "image.shape",
                            "is required, as projects/{project}/images/{image}")
                    .asException();
        }
        Hardware hardware =
                Hardware.orDefault(hardwareProfile.getVcpuCount(), hardwareProfile.getMemoryMib());
        if (hardware.memoryMib() < MEMORY_LEAST_MIB) {
            throw Refusals.invalid(
                            "virtual_machine.hardware_profile.memory_mib",
                            "memory.least",
                            "must be 0 or at least " + MEMORY_LEAST_MIB)
                    .asException();
        }
        return new NewMachine(
                VmUid.of(UUID.randomUUID()),
                new MachineName(project(request.getParent()), request.getVirtualMachineId()),
                asked.getLabelsMap(),
                hardware,
                Security.of(security(asked.getSecurityProfile()), hardware),
                storage.getImage(),
                storage.getStoragePath().isEmpty()
                        ? Optional.empty()
                        : Optional.of(storage.getStoragePath()),
                node(placement.getNode()));
    }

    /** What node agents accept at least. */
    private static final long MEMORY_LEAST_MIB = 128;

    private static Security.Requested security(SecurityProfile profile) {
        return new Security.Requested(
                switch (profile.getSecurityType()) {
                    case SECURITY_TYPE_STANDARD -> Optional.of(Security.Type.STANDARD);
                    case SECURITY_TYPE_TRUSTED_LAUNCH -> Optional.of(Security.Type.TRUSTED_LAUNCH);
                    case SECURITY_TYPE_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
                },
                profile.hasVtpmEnabled() ? Optional.of(profile.getVtpmEnabled()) : Optional.empty(),
                profile.hasSecureBootEnabled()
                        ? Optional.of(profile.getSecureBootEnabled())
                        : Optional.empty(),
                profile.getVbsEnabled());
    }

    /** {@code nodes/{node}}, or empty for none. */
    static Optional<NodeName> node(String text) {
        return text.isEmpty()
                ? Optional.empty()
                : Optional.of(new NodeName(text.substring(NODES.length())));
    }

    static StopMode stopMode(StopVirtualMachineRequest.Mode mode) {
        return switch (mode) {
            case MODE_UNSPECIFIED, MODE_GRACEFUL, UNRECOGNIZED -> StopMode.GRACEFUL;
            case MODE_FORCED -> StopMode.FORCED;
        };
    }

    static Duration duration(com.google.protobuf.Duration proto) {
        return Duration.ofSeconds(proto.getSeconds(), proto.getNanos());
    }

    static com.google.protobuf.Duration proto(Duration duration) {
        return com.google.protobuf.Duration.newBuilder()
                .setSeconds(duration.getSeconds())
                .setNanos(duration.getNano())
                .build();
    }

    static Instant instant(Timestamp time) {
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }

    static Timestamp proto(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }

    static SecurityType proto(Security.Type type) {
        return switch (type) {
            case STANDARD -> SecurityType.SECURITY_TYPE_STANDARD;
            case TRUSTED_LAUNCH -> SecurityType.SECURITY_TYPE_TRUSTED_LAUNCH;
        };
    }
}
