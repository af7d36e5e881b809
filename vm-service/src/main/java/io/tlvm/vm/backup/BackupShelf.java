package io.tlvm.vm.backup;

import io.tlvm.ownership.id.VmUid;

import java.io.IOException;
import java.util.List;

/** Where the escrow keeps backups. */
public interface BackupShelf {
    /**
     * Keeps a backup, durably, in place of the oldest of the VM if there are many.
     *
     * @throws IOException when it cannot be kept; nothing that was there is lost then
     */
    void keep(VmUid vm, BackupSource.Sealed backup) throws IOException;

    /**
     * VMs of which there are backups.
     *
     * @throws IOException when that cannot be told
     */
    List<VmUid> machines() throws IOException;

    /**
     * Removes every backup of a VM.
     *
     * @throws IOException when it cannot be done; call it again
     */
    void destroy(VmUid vm) throws IOException;
}
