package io.tlvm.vm.migration;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.machine.Asked;
import io.tlvm.vm.machine.MachineName;
import io.tlvm.vm.machine.MachineRecords;
import io.tlvm.vm.machine.MachineView;
import io.tlvm.vm.machine.Machines;
import io.tlvm.vm.machine.Work;
import io.tlvm.vm.node.ClusterNode;
import io.tlvm.vm.node.StoragePath;
import io.tlvm.vm.placement.Candidate;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.MigrationRefusal;
import io.tlvm.vm.refusal.MigrationRefusal.Blocker;
import io.tlvm.vm.refusal.PlacementRefusal;
import io.tlvm.vm.refusal.PlacementRefusal.Cause;
import io.tlvm.vm.refusal.PlacementRefusal.Rejection;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What users ask about moves. */
public final class Migrations {
    private final Machines machines;
    private final MachineRecords records;
    private final Clock clock;

    public Migrations(Machines machines, MachineRecords records, Clock clock) {
        this.machines = machines;
        this.records = records;
        this.clock = clock;
    }

    /**
     * Begins to move the VM, to {@code target} or the node that fits best; the operation's full
     * name.
     */
    public String start(
            MachineName name,
            Optional<NodeName> target,
            long bandwidth,
            Duration timeout,
            Asked asked) {
        MachineView view = machines.get(name);
        if (view.operation().isPresent() || records.repeated(asked).isPresent()) {
            // Ends in the answer that the other operation is in the way, or in the earlier answer.
            NodeName any = target.orElseGet(() -> view.row().orElseThrow().owner());
            return machines.begin(name, work(any, bandwidth, timeout), asked, ignored -> {});
        }
        return machines.begin(
                name, work(check(name, target), bandwidth, timeout), asked, ignored -> {});
    }

    private Work work(NodeName target, long bandwidth, Duration timeout) {
        return new Work.Migrate(target, bandwidth, clock.instant().plus(timeout));
    }

    /** The node that the VM would move to, or throws why it cannot. Changes nothing. */
    public NodeName check(MachineName name, Optional<NodeName> target) {
        MachineView view = machines.get(name);
        Machines.usable(view, "migrate");
        boolean moves =
                view.row()
                        .map(OwnershipRow::phase)
                        .map(
                                phase ->
                                        phase
                                                        instanceof
                                                        Phase.Running(_, _, var activated, var stop)
                                                && activated
                                                && stop == null)
                        .orElse(false);
        if (!moves) {
            throw new VmRefused(
                    new MachineRefusal.WrongPowerState(
                            name.toString(), view.power().name(), "RUNNING", "migrate"));
        }
        ClusterNode source = view.owner().orElseThrow();
        return records.survey(
                (nodes, paths) ->
                        target.isPresent()
                                ? checked(view, source, target.get(), nodes, paths)
                                : best(view, source, nodes, paths));
    }

    private static NodeName checked(
            MachineView view,
            ClusterNode source,
            NodeName target,
            List<Candidate> nodes,
            List<StoragePath> paths) {
        Candidate wanted =
                nodes.stream()
                        .filter(one -> one.node().name().equals(target))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new VmRefused(
                                                new PlacementRefusal.UnknownNode(target.value())));
        List<Blocker> blockers = MigrationCheck.blockers(view.machine(), source, wanted, paths);
        if (!blockers.isEmpty()) {
            throw new VmRefused(
                    new MigrationRefusal.NotPossible(
                            view.machine().name().toString(), target, blockers));
        }
        return target;
    }

    private static NodeName best(
            MachineView view, ClusterNode source, List<Candidate> nodes, List<StoragePath> paths) {
        List<Rejection> rejections = new ArrayList<>();
        List<Candidate> fit = new ArrayList<>();
        for (Candidate node : nodes) {
            List<Blocker> blockers = MigrationCheck.blockers(view.machine(), source, node, paths);
            if (blockers.isEmpty()) {
                fit.add(node);
            } else {
                String why =
                        blockers.stream().map(Blocker::reason).collect(Collectors.joining("; "));
                rejections.add(new Rejection(node.node().name(), Cause.NOT_WANTED, why));
            }
        }
        var hardware = view.machine().hardware();
        return fit.stream()
                .max(
                        Comparator.comparingLong(
                                        (Candidate one) ->
                                                one.node().capabilities().memoryMib()
                                                        - one.memoryMibUsed())
                                .thenComparing(one -> one.node().name(), Comparator.reverseOrder()))
                .map(one -> one.node().name())
                .orElseThrow(
                        () ->
                                new VmRefused(
                                        new PlacementRefusal.NoNode(
                                                hardware.vcpus(),
                                                hardware.memoryMib(),
                                                rejections)));
    }
}
