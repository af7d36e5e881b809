package io.tlvm.vm.failover;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.node.NodeState;
import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.ownership.row.Step;
import io.tlvm.vm.machine.Condition;
import io.tlvm.vm.machine.Machine;
import io.tlvm.vm.machine.MachineRecords;
import io.tlvm.vm.machine.MachineView;
import io.tlvm.vm.node.ClusterNode;
import io.tlvm.vm.node.NodeRecords;
import io.tlvm.vm.node.StoragePath;
import io.tlvm.vm.ownership.OwnershipDriver;
import io.tlvm.vm.ownership.OwnershipRows;
import io.tlvm.vm.ownership.Settler;
import io.tlvm.vm.ownership.StepFailure;
import io.tlvm.vm.ownership.Trouble;
import io.tlvm.vm.placement.Candidate;
import io.tlvm.vm.placement.Demand;
import io.tlvm.vm.placement.Placement;
import io.tlvm.vm.refusal.PlacementRefusal;
import io.tlvm.vm.refusal.VmRefusal;
import io.tlvm.vm.refusal.VmRefused;

import org.jboss.logging.Logger;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Has the VMs of lost nodes recovered. It looks at rows and nodes as they are and says what follows
 * as an event; the settler does the rest, so that a request, a restart and another replica need no
 * code of their own.
 */
public final class Failover implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Failover.class);

    /** Bounds how many VMs start at a time on the nodes that are left. */
    private static final int ROWS_MAX = 50;

    /** A target that does not answer so long is passed over, if there is another one. */
    private static final Duration SILENCE_MAX = Duration.ofSeconds(30);

    private final OwnershipRows rows;
    private final OwnershipDriver driver;
    private final Settler settler;
    private final NodeRecords nodes;
    private final MachineRecords machines;
    private final Clock clock;
    private final Duration period;
    private final CountDownLatch stopped = new CountDownLatch(1);

    public Failover(
            OwnershipRows rows,
            OwnershipDriver driver,
            Settler settler,
            NodeRecords nodes,
            MachineRecords machines,
            Clock clock,
            Duration period) {
        this.rows = rows;
        this.driver = driver;
        this.settler = settler;
        this.nodes = nodes;
        this.machines = machines;
        this.clock = clock;
        this.period = period;
    }

    /** Begins to look. Once. */
    public void start() {
        Thread.ofVirtual().name("failover").start(this::look);
    }

    private void look() {
        try {
            while (!stopped.await(period.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    rows.lost(ROWS_MAX).forEach(this::recover);
                } catch (RuntimeException databaseGone) {
                    LOG.warnf("cannot look for VMs of lost nodes: %s", databaseGone);
                }
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private void recover(VmUid vm) {
        Optional<MachineView> view = machines.find(vm);
        if (view.isEmpty() || view.get().row().isEmpty()) {
            return;
        }
        OwnershipRow row = view.get().row().get();
        try {
            switch (row.phase()) {
                case Phase.Recovering at -> again(view.get().machine(), row, at);
                case Phase.Stopped _, Phase.Running _ ->
                        leave(view.get().machine(), row, Optional.empty());
                case Phase.Migrating(var attempt) -> endMove(view.get().machine(), row, attempt);
                case Phase.Handover(var attempt) -> endMove(view.get().machine(), row, attempt);
                case Phase.Released(var attempt, _) -> released(view.get().machine(), row, attempt);
                case Phase.Creating _, Phase.Deleting _, Phase.Purged _, Phase.Quarantined _ -> {
                    // stays with its node
                }
            }
        } catch (VmRefused moved) {
            LOG.infof("not recovered now vm=%s: %s", vm, moved.why());
        }
    }

    private void endMove(Machine machine, OwnershipRow row, Attempt attempt) {
        if (isFenced(row.owner())) {
            leave(machine, row, Optional.of(attempt.target()).filter(target -> !isUp(target)));
        } else {
            abort(row, attempt);
        }
    }

    /** The source promised: a target that is a member is asked for the guest, by the settler. */
    private void released(Machine machine, OwnershipRow row, Attempt attempt) {
        if (!isUp(attempt.target())) {
            endMove(machine, row, attempt);
        }
    }

    private void abort(OwnershipRow row, Attempt attempt) {
        driver.apply(
                row.vm(),
                new Event.Aborted(attempt.op(), "node " + attempt.target() + " is being given up"));
    }

    private void again(Machine machine, OwnershipRow row, Phase.Recovering at) {
        if (isUp(row.owner())) {
            driver.apply(row.vm(), new Event.OwnerReturned());
        } else if (!isUp(at.target()) || doesNotGetOn(row, at)) {
            leave(machine, row, Optional.of(at.target()));
        }
    }

    /** Whether the target refuses, or says nothing for long. */
    private boolean doesNotGetOn(OwnershipRow row, Phase.Recovering at) {
        return settler.trouble(row.vm())
                .filter(
                        trouble ->
                                trouble.step() instanceof Step.StoreState store
                                        && store.epoch().equals(at.epoch()))
                .map(this::isHopeless)
                .orElse(false);
    }

    private boolean isHopeless(Trouble trouble) {
        return switch (trouble.failure().kind()) {
            case REFUSED -> true;
            case SILENT, TIMED_OUT ->
                    Duration.between(trouble.since(), clock.instant()).compareTo(SILENCE_MAX) > 0;
            case STALE -> false;
        };
    }

    /**
     * Has the VM leave its owner.
     *
     * @param passedOver the target that was tried last
     */
    private void leave(Machine machine, OwnershipRow row, Optional<NodeName> passedOver) {
        NodeName target;
        try {
            target = machines.survey((all, paths) -> choose(machine, all, paths, passedOver));
        } catch (VmRefused none) {
            tell(
                    row,
                    "False",
                    reason(row.owner(), none.why()),
                    "node %s was given up and no other node takes the VM: %s. Bring %s back, or give another node what is missing"
                            .formatted(row.owner(), sentence(none.why()), row.owner()));
            return;
        }
        if (row.phase() instanceof Phase.Recovering at && target.equals(at.target())) {
            settler.trouble(row.vm())
                    .map(Trouble::failure)
                    .map(StepFailure::message)
                    .ifPresent(
                            why ->
                                    tell(
                                            row,
                                            "False",
                                            "RECOVERY_FAILS",
                                            "node %s cannot take over: %s".formatted(target, why)));
            return;
        }
        driver.apply(
                row.vm(),
                new Event.NodeLost(new OperationId(UUID.randomUUID().toString()), target));
        tell(
                row,
                "True",
                "RECOVERING",
                "node %s was given up; %s takes over".formatted(row.owner(), target));
    }

    private static NodeName choose(
            Machine machine,
            List<Candidate> all,
            List<StoragePath> paths,
            Optional<NodeName> passedOver) {
        var demand = Demand.of(machine, Optional.empty());
        List<Candidate> others =
                all.stream()
                        .filter(one -> !Optional.of(one.node().name()).equals(passedOver))
                        .toList();
        try {
            return Placement.choose(demand, others, paths).node();
        } catch (VmRefused none) {
            if (passedOver.isEmpty()) {
                throw none;
            }
            return Placement.choose(demand, all, paths).node();
        }
    }

    private static String reason(NodeName owner, VmRefusal why) {
        return why instanceof PlacementRefusal.NoNode(_, _, var rejections)
                        && rejections.stream()
                                .filter(one -> !one.node().equals(owner))
                                .allMatch(one -> one.cause() == PlacementRefusal.Cause.STORAGE)
                ? "STATE_OUT_OF_REACH"
                : "NO_PLACEMENT";
    }

    private static String sentence(VmRefusal why) {
        return why instanceof PlacementRefusal.NoNode(_, _, var rejections)
                ? rejections.stream()
                        .map(one -> one.node() + ": " + one.reason())
                        .collect(Collectors.joining("; "))
                : why.toString();
    }

    private void tell(OwnershipRow row, String status, String reason, String message) {
        machines.observe(
                List.of(
                        new MachineRecords.Sighting(
                                row.vm(),
                                conditions ->
                                        new Condition(
                                                        Condition.RECOVERABLE,
                                                        status,
                                                        reason,
                                                        message,
                                                        clock.instant())
                                                .into(conditions),
                                gone -> Optional.empty())));
    }

    private boolean isUp(NodeName node) {
        return state(node).filter(NodeState.Up.class::isInstance).isPresent();
    }

    private boolean isFenced(NodeName node) {
        return state(node).filter(NodeState.Fenced.class::isInstance).isPresent();
    }

    private Optional<NodeState> state(NodeName node) {
        return nodes.find(node).map(Candidate::node).map(ClusterNode::state);
    }

    @Override
    public void close() {
        stopped.countDown();
    }
}
