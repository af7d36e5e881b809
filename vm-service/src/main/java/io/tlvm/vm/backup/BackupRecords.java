package io.tlvm.vm.backup;

import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.machine.MachineName;

import java.time.Instant;
import java.util.Collection;
import java.util.List;

/** What is known of backups in the database. Every method is one transaction. */
public interface BackupRecords {
    /** Remembers the last backup of the VM. */
    void backedUp(VmUid vm, MadeBackup backup);

    /** Remembers that this backup of the VM is in the escrow. */
    void escrowed(VmUid vm, MadeBackup backup);

    /**
     * VMs whose state rests or runs on a node that speaks and whose last backup in the escrow is
     * older, or of another directory than the row's; in no order, so that those that fail do not
     * hold up the others.
     */
    List<MachineName> escrowDue(Instant before, int max);

    /** Those of the VMs that are purged. */
    List<VmUid> purged(Collection<VmUid> vms);
}
