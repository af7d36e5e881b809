package io.tlvm.vm.backup;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.vm.machine.Machine;

import java.util.List;

/** The owner node, which alone can read a VM's guest state. */
public interface BackupSource {

    /**
     * A backup whose maker and integrity were verified.
     *
     * @param file the content of its file; this service cannot open it
     */
    record Sealed(MadeBackup made, ByteString file) {}

    /**
     * Has the owner make a backup.
     *
     * @param number of the backup, used once
     * @throws io.tlvm.vm.refusal.VmRefused StepFailed when it does not, or what it made is not what
     *     was asked for
     */
    Sealed seal(
            Machine machine, OwnershipRow row, OperationId number, List<RecipientKey> recipients);
}
