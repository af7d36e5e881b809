package io.tlvm.vm.migration;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.VmUid;

import java.util.Optional;

/** How far a source is. */
@FunctionalInterface
public interface Transfers {

    /** Empty when the source does not say. */
    Optional<Measured.Progress> progress(NodeName source, VmUid vm, OperationId op);
}
