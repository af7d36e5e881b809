package io.tlvm.vm.machine;

import io.tlvm.ownership.row.OwnershipRow;

/**
 * PREPARE_DISKS: the owner makes the VM's disks from their images; one that exists is left as it
 * is.
 */
@FunctionalInterface
public interface Disks {

    /**
     * Makes what is missing of the disks.
     *
     * @throws io.tlvm.vm.refusal.VmRefused StepFailed when the node refuses or stays silent
     */
    void prepare(Machine machine, OwnershipRow row) throws InterruptedException;
}
