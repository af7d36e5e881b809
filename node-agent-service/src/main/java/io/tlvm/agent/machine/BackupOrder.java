package io.tlvm.agent.machine;

import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.node.v1.MachineSpec;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.util.List;
import java.util.Optional;

/**
 * A backup that is asked for. It changes no ownership, and so is no command.
 *
 * @param version of the row that asks
 * @param epoch under which this node owns the machine
 * @param number of the backup
 * @param directory to read, as the row names it
 * @param ekFingerprint the TPM that the row knows; empty for a machine without one
 * @param spec the hardware, part of the backup
 * @param vmName the resource name, part of the backup
 * @param recipients who can open it
 */
public record BackupOrder(
        VmUid vm,
        RowVersion version,
        Epoch epoch,
        OperationId number,
        StateRef directory,
        Optional<Digest> ekFingerprint,
        MachineSpec spec,
        String vmName,
        List<RecipientKey> recipients) {
    /** Keeps an unmodifiable list. */
    public BackupOrder {
        recipients = List.copyOf(recipients);
    }
}
