package io.tlvm.vm.machine;

import com.google.protobuf.Any;
import com.google.rpc.Status;

import io.tlvm.vm.migration.MigrationRecord;
import io.tlvm.vm.refusal.VmRefusal;

import java.time.Instant;
import java.util.Optional;

/** How the domain's values look to clients of operations; the edge knows. */
public interface PublicForm {

    /** Metadata of an operation on a VM. */
    Any metadata(
            MachineName target,
            Work work,
            String step,
            String message,
            Instant asked,
            String requester,
            Optional<MigrationRecord> migration);

    /** The VM as the response of an operation. */
    Any response(MachineView machine);

    /** The error of an operation. */
    Status error(VmRefusal why);
}
