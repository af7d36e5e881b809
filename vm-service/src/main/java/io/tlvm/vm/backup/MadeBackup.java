package io.tlvm.vm.backup;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;

import java.time.Instant;
import java.util.List;

/**
 * A backup that was made of a VM's guest state.
 *
 * @param number of the backup
 * @param createTime by the owner node's clock
 * @param directory that was read
 * @param stateDigest over vTPM payload and UEFI variables
 * @param recipients digests of the public keys that it was made for
 */
public record MadeBackup(
        OperationId number,
        Instant createTime,
        StateRef directory,
        Digest stateDigest,
        List<String> recipients) {
    public MadeBackup {
        recipients = List.copyOf(recipients);
    }
}
