package io.tlvm.agent.machine;

import io.tlvm.agent.gueststate.StateTree;
import io.tlvm.agent.image.Disks;
import io.tlvm.agent.image.ImageMismatch;
import io.tlvm.node.v1.DiskSpec;
import io.tlvm.node.v1.MachineSpec;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.VmUid;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Makes the disks of a machine before its state: takes long, holds nothing up, may be repeated. */
public final class DiskPreparation {
    private final NodeEquipment equipment;
    private final Disks disks;

    /** Disks of this node's machines. */
    public DiskPreparation(NodeEquipment equipment, Disks disks) {
        this.equipment = equipment;
        this.disks = disks;
    }

    /**
     * Makes the disks that are not there.
     *
     * @throws MachineRefused when one of them cannot be made
     */
    public void prepare(VmUid vm, MachineSpec spec) throws InterruptedException {
        StoragePaths.Reach reach = equipment.storage().look(spec.getStorage());
        StateTree tree =
                reach.tree()
                        .orElseThrow(
                                () ->
                                        new MachineRefusal.StorageUnreachable(
                                                        spec.getStorage().getStoragePath(),
                                                        reach.why())
                                                .of(vm));
        try {
            for (DiskSpec disk : spec.getDisksList()) {
                disks.make(
                        file(tree, vm, disk),
                        disk.getImageDigest().isEmpty()
                                ? Optional.empty()
                                : Optional.of(new Digest(disk.getImageDigest())),
                        disk.getSizeBytes(),
                        equipment.ownerOf(spec));
            }
        } catch (ImageMismatch other) {
            throw new MachineRefusal.ImageDiffers(other.expected().value(), other.found()).of(vm);
        } catch (IOException failed) {
            throw new MachineRefusal.ImageUnavailable(String.valueOf(failed.getMessage())).of(vm);
        }
    }

    /** The row names the file {@code <disk>.<epoch>}; the tree makes its directory. */
    private static Path file(StateTree tree, VmUid vm, DiskSpec disk) throws IOException {
        int dot = disk.getDiskRef().lastIndexOf('.');
        Epoch epoch = new Epoch(Long.parseLong(disk.getDiskRef().substring(dot + 1)));
        return tree.disk(vm, disk.getDiskRef().substring(0, dot), epoch);
    }
}
