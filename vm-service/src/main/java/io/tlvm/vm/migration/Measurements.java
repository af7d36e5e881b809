package io.tlvm.vm.migration;

import io.tlvm.ownership.id.VmUid;

/** Where measurements go: into the VM's migration record, if it is of the same operation. */
@FunctionalInterface
public interface Measurements {
    void note(VmUid vm, Measured measured);
}
