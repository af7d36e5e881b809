package io.tlvm.vm.node;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.machine.HostDetails;

import java.util.Optional;

/**
 * What a node says of one VM.
 *
 * @param claimedEpoch epoch of its last claim; NONE when there was none
 * @param exited the process of that claim has ended
 * @param reason why it ended or does not boot
 * @param runs whether the guest's vCPUs run there
 * @param bootVerdict what the firmware said last while no guest started; empty when there is
 *     nothing to say
 * @param permissionDrifts paths of guest state that were not what they must be, since the agent's
 *     start
 * @param permissionTrouble what could not be repaired of it; empty when everything is exact
 */
public record MachineReport(
        VmUid vm,
        Epoch claimedEpoch,
        boolean exited,
        String reason,
        boolean runs,
        boolean vtpmHealthy,
        String bootVerdict,
        long permissionDrifts,
        String permissionTrouble,
        Optional<HostDetails> host) {}
