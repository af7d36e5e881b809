package io.tlvm.vm.refusal;

import io.tlvm.ownership.id.NodeName;

import java.util.List;

/** Why a VM does not move. */
public sealed interface MigrationRefusal extends VmRefusal {

    /** One thing that is in the way; {@code condition} is for programs. */
    record Blocker(String condition, String reason) {}

    /** The VM cannot move to that node. */
    record NotPossible(String name, NodeName target, List<Blocker> blockers)
            implements MigrationRefusal {}

    /** The attempt was given up; the guest is where it was. */
    record RolledBack(
            String name, String phase, NodeName source, NodeName target, String node, String why)
            implements MigrationRefusal {}
}
