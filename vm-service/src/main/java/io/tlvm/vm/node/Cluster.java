package io.tlvm.vm.node;

import io.tlvm.foundation.keyset.RecoveryKey;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.node.NodeState;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.keys.KeyWrap;
import io.tlvm.vm.keys.RecoveryKeys;
import io.tlvm.vm.machine.Condition;
import io.tlvm.vm.machine.MachineRecords;
import io.tlvm.vm.ownership.NamedDirectories;
import io.tlvm.vm.ownership.NamedNodes;
import io.tlvm.vm.ownership.OwnershipDriver;
import io.tlvm.vm.ownership.OwnershipRows;
import io.tlvm.vm.ownership.Settler;
import io.tlvm.vm.refusal.ClusterRefusal;
import io.tlvm.vm.refusal.VmRefused;

import org.jboss.logging.Logger;

import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * What nodes say: they join, renew, and report what became of their VMs. Reports of an owner become
 * events.
 */
public final class Cluster {
    private static final Logger LOG = Logger.getLogger(Cluster.class);
    private static final int PAGE = 500;

    private final NodeRecords nodes;
    private final OwnershipRows rows;
    private final OwnershipDriver driver;
    private final Settler settler;
    private final MachineRecords machines;
    private final RecoveryKeys keys;
    private final Clock clock;

    public Cluster(
            NodeRecords nodes,
            OwnershipRows rows,
            OwnershipDriver driver,
            Settler settler,
            MachineRecords machines,
            RecoveryKeys keys,
            Clock clock) {
        this.nodes = nodes;
        this.rows = rows;
        this.driver = driver;
        this.settler = settler;
        this.machines = machines;
        this.keys = keys;
        this.clock = clock;
    }

    /**
     * What a node says when it joins.
     *
     * @param actor its SPIFFE id
     */
    public record Joining(
            NodeName node,
            String bootId,
            String address,
            Capabilities capabilities,
            List<MachineReport> reports,
            List<String> storagePaths,
            Map<VmUid, RowVersion> cleaned,
            String actor) {}

    /** The rows that concern a node, the storage paths of the cluster, and its recovery key. */
    public record Answer(List<OwnershipRow> rows, List<StoragePath> paths, RecoveryKey key) {}

    /**
     * What a node reads before it joins.
     *
     * @param state what was decided about it; empty when it never joined
     */
    public record Standing(Optional<NodeState> state, List<OwnershipRow> rows) {}

    /** The wraps of one directory, as a node tells them. */
    public record DirectoryKey(VmUid vm, StateRef directory, List<KeyWrap> wraps) {}

    /**
     * What the cluster decided about a node, and the rows that concern it.
     *
     * @param held VMs that the node's journals know
     */
    public Standing standing(NodeName node, List<VmUid> held) {
        return new Standing(
                nodes.find(node).map(found -> found.node().state()), rows.concerning(node, held));
    }

    /**
     * A node that joined is UP and owed whatever it missed.
     *
     * @throws VmRefused NodeFencing while it is being given up; NotClean when it was fenced and
     *     cleaned up by a row that has changed since
     */
    public Answer join(Joining joining) {
        switch (nodes.join(
                joining.node(),
                joining.bootId(),
                joining.address(),
                joining.capabilities(),
                joining.storagePaths(),
                joining.cleaned(),
                joining.actor())) {
            case NodeRecords.Joined.In _ -> {
                // UP
            }
            case NodeRecords.Joined.Fencing _ ->
                    throw new VmRefused(new ClusterRefusal.NodeFencing(joining.node().value()));
            case NodeRecords.Joined.NotClean(var vm) ->
                    throw new VmRefused(
                            new ClusterRefusal.NotClean(joining.node().value(), vm.value()));
        }
        LOG.infof(
                "joined node=%s address=%s boot=%s",
                joining.node(), joining.address(), joining.bootId());
        take(joining.node(), joining.reports());
        Answer answer = answer(joining.node(), joining.reports());
        answer.rows().forEach(row -> settler.wake(row.vm()));
        return answer;
    }

    /**
     * Takes the node's facts.
     *
     * @throws VmRefused JoinFirst when the node never joined or was started again since
     */
    public Answer renew(
            NodeName node, String bootId, List<MachineReport> reports, List<String> storagePaths) {
        if (!nodes.renew(node, bootId, storagePaths)) {
            throw new VmRefused(new ClusterRefusal.JoinFirst(node.value()));
        }
        take(node, reports);
        return answer(node, reports);
    }

    /**
     * Keeps the wraps of directories that rows name as the node's; of others nobody needs any, and
     * no node speaks for the directory of another.
     */
    public void keepKeys(NodeName node, List<DirectoryKey> told) {
        Map<VmUid, OwnershipRow> known =
                rows.concerning(node, told.stream().map(DirectoryKey::vm).toList()).stream()
                        .collect(Collectors.toMap(OwnershipRow::vm, Function.identity()));
        for (DirectoryKey key : told) {
            OwnershipRow row = known.get(key.vm());
            if (row != null && NamedDirectories.of(row, node).contains(key.directory())) {
                keys.keep(key.vm(), key.directory(), key.wraps());
            }
        }
    }

    /** The row of a VM, for a node that it concerns. */
    public OwnershipRow ownership(NodeName node, VmUid vm) {
        return rows.read(vm)
                .filter(row -> NamedNodes.of(row).contains(node))
                .orElseThrow(() -> new VmRefused(new ClusterRefusal.NoSuchRow(vm.value())));
    }

    private Answer answer(NodeName node, List<MachineReport> reports) {
        List<VmUid> reported = reports.stream().map(MachineReport::vm).toList();
        return new Answer(
                rows.concerning(node, reported), nodes.listPaths("", PAGE), keys.current());
    }

    private void take(NodeName node, List<MachineReport> reports) {
        Map<VmUid, OwnershipRow> known =
                rows.concerning(node, reports.stream().map(MachineReport::vm).toList()).stream()
                        .collect(Collectors.toMap(OwnershipRow::vm, Function.identity()));
        Map<MachineReport, OwnershipRow> ofOwner = new LinkedHashMap<>();
        for (MachineReport report : reports) {
            OwnershipRow row = known.get(report.vm());
            if (row != null && row.owner().equals(node)) {
                ofOwner.put(report, row);
            }
        }
        machines.observe(
                ofOwner.entrySet().stream()
                        .map(of -> sighting(of.getKey(), of.getValue()))
                        .toList());
        ofOwner.forEach((report, row) -> exited(row, report));
    }

    /**
     * A report may have been on its way while the VM was started anew: its paths are of the run
     * before.
     */
    private MachineRecords.Sighting sighting(MachineReport report, OwnershipRow row) {
        boolean ofRunBefore =
                row.phase() instanceof Phase.Running && report.claimedEpoch().isBefore(row.epoch());
        return new MachineRecords.Sighting(
                report.vm(),
                conditions -> seen(conditions, report),
                ofRunBefore ? UnaryOperator.identity() : before -> report.host());
    }

    private void exited(OwnershipRow row, MachineReport report) {
        if (report.exited() && report.claimedEpoch().equals(row.epoch())) {
            try {
                driver.apply(row.vm(), new Event.Exited(row.epoch()));
            } catch (VmRefused moved) {
                LOG.infof("report not needed vm=%s: %s", row.vm(), moved.why());
            }
        }
    }

    private List<Condition> seen(List<Condition> before, MachineReport report) {
        Instant now = clock.instant();
        // Whoever reports it has it: it is not out of reach any more.
        List<Condition> conditions =
                before.stream()
                        .filter(
                                condition ->
                                        !condition.type().equals(Condition.RECOVERABLE)
                                                || condition.status().equals("True"))
                        .toList();
        if (report.runs()) {
            conditions =
                    (report.vtpmHealthy()
                                    ? new Condition(
                                            Condition.VTPM_HEALTHY,
                                            "True",
                                            "VTPM_RUNNING",
                                            "the vTPM answers",
                                            now)
                                    : new Condition(
                                            Condition.VTPM_HEALTHY,
                                            "False",
                                            "VTPM_FAILED",
                                            reason(
                                                    report,
                                                    "the vTPM's process is gone, stopped or"
                                                            + " failed"),
                                            now))
                            .into(conditions);
        }
        if (!report.bootVerdict().isEmpty()) {
            conditions =
                    new Condition(
                                    Condition.BOOT_VERIFIED,
                                    "False",
                                    report.bootVerdict(),
                                    reason(report, bootMessage(report.bootVerdict())),
                                    now)
                            .into(conditions);
        } else if (report.runs()) {
            conditions =
                    new Condition(
                                    Condition.BOOT_VERIFIED,
                                    "True",
                                    "NOT_REFUSED",
                                    "the firmware refused nothing",
                                    now)
                            .into(conditions);
        }
        return permissions(report, now).into(conditions);
    }

    private static Condition permissions(MachineReport report, Instant now) {
        if (!report.permissionTrouble().isEmpty()) {
            return new Condition(
                    Condition.PERMISSIONS_EXACT,
                    "False",
                    "BEYOND_REPAIR",
                    report.permissionTrouble(),
                    now);
        }
        return report.permissionDrifts() == 0
                ? new Condition(
                        Condition.PERMISSIONS_EXACT,
                        "True",
                        "EXACT",
                        "owner and mode of the guest state are exact",
                        now)
                : new Condition(
                        Condition.PERMISSIONS_EXACT,
                        "True",
                        "REPAIRED",
                        "repaired %d times since the agent's start; its log names the paths"
                                .formatted(report.permissionDrifts()),
                        now);
    }

    private static String reason(MachineReport report, String otherwise) {
        return report.reason().isEmpty() ? otherwise : report.reason();
    }

    private static String bootMessage(String verdict) {
        return switch (verdict) {
            case "SECURE_BOOT_REFUSED" ->
                    "Secure Boot refused the boot loader: it is not signed by an enrolled key";
            case "NOTHING_TO_BOOT" -> "the firmware found nothing to boot";
            default -> "the firmware says " + verdict;
        };
    }
}
