package io.tlvm.agent.machine;

import io.tlvm.agent.hypervisor.qemu.LaunchFailed;
import io.tlvm.agent.hypervisor.qemu.QmpException;
import io.tlvm.agent.migration.AttemptFailed;
import io.tlvm.agent.tpm.ManufactureFailed;
import io.tlvm.ownership.id.VmUid;

import org.jspecify.annotations.Nullable;

import java.io.IOException;

/** The one place where what the tools of a machine throw becomes a refusal. */
final class Failures {
    private Failures() {}

    /**
     * @throws IllegalStateException for what nobody foresaw, with the failure as its cause
     */
    static MachineRefused asRefusal(VmUid vm, @Nullable Throwable failure) {
        return switch (failure) {
            case MachineRefused refused -> refused;
            case QmpException qmp ->
                    new MachineRefusal.HypervisorFailed(String.valueOf(qmp.getMessage())).of(vm);
            case LaunchFailed launch ->
                    new MachineRefusal.HypervisorFailed(String.valueOf(launch.getMessage())).of(vm);
            case AttemptFailed attempt ->
                    new MachineRefusal.TransferFailed(String.valueOf(attempt.getMessage())).of(vm);
            case ManufactureFailed tpm ->
                    new MachineRefusal.TpmFailed(String.valueOf(tpm.getMessage())).of(vm);
            case IOException medium ->
                    new MachineRefusal.HostFailed(String.valueOf(medium.getMessage())).of(vm);
            case null, default -> throw new IllegalStateException("machine " + vm, failure);
        };
    }
}
