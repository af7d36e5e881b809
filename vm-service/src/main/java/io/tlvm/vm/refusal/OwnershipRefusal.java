package io.tlvm.vm.refusal;

import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Refusal;

/** Why an ownership row did not change. */
public sealed interface OwnershipRefusal extends VmRefusal {

    /** The coordinator's rules forbid it. */
    record Coordinated(VmUid vm, Refusal why) implements OwnershipRefusal {}

    /** Others changed the row again and again. */
    record Contended(VmUid vm, int races) implements OwnershipRefusal {}

    /** The VM has no row (any more). */
    record NoRow(VmUid vm) implements OwnershipRefusal {}
}
