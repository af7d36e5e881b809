package io.tlvm.vm.node;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.machine.Condition;
import io.tlvm.vm.machine.MachineRecords;
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
    private final Clock clock;

    public Cluster(
            NodeRecords nodes,
            OwnershipRows rows,
            OwnershipDriver driver,
            Settler settler,
            MachineRecords machines,
            Clock clock) {
        this.nodes = nodes;
        this.rows = rows;
        this.driver = driver;
        this.settler = settler;
        this.machines = machines;
        this.clock = clock;
    }

    /** What a node says when it joins. */
    public record Joining(
            NodeName node,
            String bootId,
            String address,
            Capabilities capabilities,
            List<MachineReport> reports,
            List<String> storagePaths) {}

    /** The rows that concern a node, and the storage paths of the cluster. */
    public record Answer(List<OwnershipRow> rows, List<StoragePath> paths) {}

    /** A node that joined is UP and owed whatever it missed. */
    public Answer join(Joining joining) {
        nodes.join(
                joining.node(),
                joining.bootId(),
                joining.address(),
                joining.capabilities(),
                joining.storagePaths());
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

    /** The row of a VM, for a node that it concerns. */
    public OwnershipRow ownership(NodeName node, VmUid vm) {
        return rows.read(vm)
                .filter(row -> NamedNodes.of(row).contains(node))
                .orElseThrow(() -> new VmRefused(new ClusterRefusal.NoSuchRow(vm.value())));
    }

    private Answer answer(NodeName node, List<MachineReport> reports) {
        List<VmUid> reported = reports.stream().map(MachineReport::vm).toList();
        return new Answer(rows.concerning(node, reported), nodes.listPaths("", PAGE));
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
        List<Condition> conditions = before;
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
