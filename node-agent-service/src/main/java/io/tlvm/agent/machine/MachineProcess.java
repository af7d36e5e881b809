package io.tlvm.agent.machine;

import io.tlvm.agent.hypervisor.qemu.QemuProcess;
import io.tlvm.ownership.id.Epoch;

/**
 * The QEMU of a machine on this node.
 *
 * @param epoch under which it was started; its run directory is named by it
 * @param qemu the processes
 */
record MachineProcess(Epoch epoch, QemuProcess qemu) {}
