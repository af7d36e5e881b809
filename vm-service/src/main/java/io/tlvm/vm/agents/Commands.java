package io.tlvm.vm.agents;

import io.tlvm.node.v1.Command;
import io.tlvm.node.v1.DiskSpec;
import io.tlvm.node.v1.MachineSpec;
import io.tlvm.node.v1.RunMode;
import io.tlvm.node.v1.StopMode;
import io.tlvm.node.v1.StorageLocation;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.row.GuestIdentity;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.type.v1.SecurityType;
import io.tlvm.vm.machine.Machine;
import io.tlvm.vm.machine.Security;
import io.tlvm.vm.node.StoragePath;

/** The domain's values as agents read them. */
final class Commands {
    private Commands() {}

    static Command command(OwnershipRow row, OperationId op, Epoch epoch) {
        return Command.newBuilder()
                .setVmUid(row.vm().value())
                .setEpoch(epoch.value())
                .setOpId(op.value())
                .setRowVersion(row.version().value())
                .build();
    }

    static MachineSpec spec(Machine machine) {
        Security.Effective security = machine.security().effective();
        return MachineSpec.newBuilder()
                .setDisplayName(machine.name().id())
                .setVcpuCount(machine.hardware().vcpus())
                .setMemoryMib(machine.hardware().memoryMib())
                .setSecurityType(
                        switch (security.type()) {
                            case STANDARD -> SecurityType.SECURITY_TYPE_STANDARD;
                            case TRUSTED_LAUNCH -> SecurityType.SECURITY_TYPE_TRUSTED_LAUNCH;
                        })
                .setSecureBoot(security.secureBoot())
                .setVtpm(security.vtpm())
                .setVbs(security.vbs())
                .setStorage(storage(machine))
                .addDisks(
                        DiskSpec.newBuilder()
                                .setDisk("os")
                                .setDiskRef(machine.osDisk())
                                .setImageDigest(
                                        machine.pinned()
                                                .map(image -> image.digest().value())
                                                .orElse("")))
                .setMacAddress(machine.mac())
                .setRunAsUid(machine.runAsUid())
                .build();
    }

    static StorageLocation storage(Machine machine) {
        StoragePath path =
                machine.storagePath()
                        .orElseThrow(
                                () ->
                                        new IllegalStateException(
                                                "VM " + machine.uid() + " was never placed"));
        return StorageLocation.newBuilder()
                .setStoragePath(path.name())
                .setDirectory(path.directory())
                .build();
    }

    /** The TPM that create recorded, so that no agent takes another one for the machine's. */
    static String endorsementKey(OwnershipRow row) {
        GuestIdentity identity = row.identity();
        return identity == null ? "" : identity.ekFingerprint();
    }

    static RunMode mode(Phase.Mode mode) {
        return switch (mode) {
            case COLD -> RunMode.RUN_MODE_COLD;
            case ADOPT -> RunMode.RUN_MODE_ADOPT;
            case RESUME -> RunMode.RUN_MODE_RESUME;
        };
    }

    static StopMode mode(Phase.StopMode mode) {
        return switch (mode) {
            case GRACEFUL -> StopMode.STOP_MODE_GRACEFUL;
            case FORCED -> StopMode.STOP_MODE_FORCED;
        };
    }
}
