package io.tlvm.agent.machine;

import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.journal.Verdict;

import java.time.Duration;

/** Why a command about a machine is not carried out. The api package maps each to a status. */
public sealed interface MachineRefusal {

    /** The ownership protocol says no. */
    record Protocol(Verdict.Reason reason) implements MachineRefusal {}

    /** The journal cannot be read or written: nothing may be done for the machine here. */
    record JournalUnusable(String why) implements MachineRefusal {}

    /** The description of the machine cannot be built on this node. */
    record HardwareRefused(String field, String why) implements MachineRefusal {}

    /** The node does not reach the storage path, or it is not what it says. */
    record StorageUnreachable(String path, String why) implements MachineRefusal {}

    /** QEMU refused, failed or does not answer. */
    record HypervisorFailed(String why) implements MachineRefusal {}

    /** The vTPM could not be made, or its state does not open. */
    record TpmFailed(String why) implements MachineRefusal {}

    /** The directory of the guest state is not there, or not usable. */
    record StateUnusable(String directory, String why) implements MachineRefusal {}

    /**
     * The guest changed its state during each of the attempts to read it.
     *
     * @param directory that was read
     */
    record StateChanging(String directory, int attempts) implements MachineRefusal {}

    /**
     * Nothing can be sealed to the public key of somebody who was to open a backup.
     *
     * @param keyId digest of that key
     */
    record RecipientRefused(String keyId, String why) implements MachineRefusal {}

    /**
     * The state key that came with a recovery was not sealed to this node for this attempt.
     *
     * @param directory that it was to open
     */
    record KeyRefused(String directory) implements MachineRefusal {}

    /** The plan is not genuine, over, not for this node, or not what the row says. */
    record PlanRefused(String why) implements MachineRefusal {}

    /** The plan is genuine, and the row says something else by now. */
    record RowDiffers(String why) implements MachineRefusal {}

    /** The attempt failed, and the guest goes on at the source. */
    record TransferFailed(String why) implements MachineRefusal {}

    /** The medium, or a process of the host, failed. */
    record HostFailed(String why) implements MachineRefusal {}

    /** An earlier command of this machine is still being carried out. */
    record Busy(Duration waited) implements MachineRefusal {}

    /** vm-service does not say what the row is. */
    record RowUnknown(String why) implements MachineRefusal {}

    /** An image cannot be had now. */
    record ImageUnavailable(String why) implements MachineRefusal {}

    /** An image's content is another one than its digest says. */
    record ImageDiffers(String expected, String found) implements MachineRefusal {}

    /** The node has not been admitted to the cluster since it started. */
    record NotJoined() implements MachineRefusal {}

    /** Nothing of the machine is known here. */
    record Unknown() implements MachineRefusal {}

    /** The refusal as an exception about one machine. */
    default MachineRefused of(VmUid vm) {
        return new MachineRefused(vm, this);
    }
}
