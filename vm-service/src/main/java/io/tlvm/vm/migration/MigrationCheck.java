package io.tlvm.vm.migration;

import io.tlvm.vm.machine.Machine;
import io.tlvm.vm.node.Capabilities;
import io.tlvm.vm.node.ClusterNode;
import io.tlvm.vm.node.StoragePath;
import io.tlvm.vm.placement.Candidate;
import io.tlvm.vm.placement.Demand;
import io.tlvm.vm.placement.Placement;
import io.tlvm.vm.refusal.MigrationRefusal.Blocker;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Whether a running VM can move to a node. Pure. */
public final class MigrationCheck {
    private MigrationCheck() {}

    /** Everything that is in the way; empty when the VM can move. */
    public static List<Blocker> blockers(
            Machine machine, ClusterNode source, Candidate target, List<StoragePath> paths) {
        List<Blocker> found = new ArrayList<>();
        if (target.node().name().equals(source.name())) {
            found.add(new Blocker("same_node", "the VM is on " + source.name() + " already"));
            return found;
        }
        var demand = Demand.of(machine, Optional.of(target.node().name()));
        Placement.rejection(demand, target, paths)
                .ifPresent(
                        why ->
                                found.add(
                                        new Blocker(
                                                why.cause().name().toLowerCase(Locale.ROOT),
                                                why.reason())));
        if (!source.reachable()) {
            found.add(
                    new Blocker(
                            "source_unreachable", "the source: " + source.unschedulableReason()));
        }
        Capabilities here = source.capabilities();
        Capabilities there = target.node().capabilities();
        differs(found, "accelerator", here.accelerator(), there.accelerator());
        differs(found, "cpu_model", here.cpuModel(), there.cpuModel());
        // Flash devices of another size are refused by QEMU in the middle of the stream.
        differs(found, "firmware", here.firmwareDigest(), there.firmwareDigest());
        return found;
    }

    private static void differs(List<Blocker> found, String condition, String here, String there) {
        if (!here.equals(there)) {
            found.add(
                    new Blocker(
                            condition,
                            "the source has '" + here + "', the target '" + there + "'"));
        }
    }
}
