package io.tlvm.vm.agents;

import io.tlvm.node.v1.DebugPaths;
import io.tlvm.vm.machine.HostDetails;

/** Where a node has the processes and files of a VM. */
public final class HostPaths {
    private HostPaths() {}

    /** What an agent told. */
    public static HostDetails of(DebugPaths told) {
        return new HostDetails(
                told.getRunDirectory(),
                told.getObserverSocket(),
                told.getControlSocket(),
                told.getTickSocket(),
                told.getSerialLog(),
                told.getQemuPid(),
                told.getSwtpmPid(),
                told.getGuardianPid(),
                told.getStateDirectory());
    }
}
