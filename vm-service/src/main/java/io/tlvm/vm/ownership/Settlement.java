package io.tlvm.vm.ownership;

import io.tlvm.foundation.gate.Gates;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Coordinator;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.ownership.row.Refusal;
import io.tlvm.ownership.row.Step;
import io.tlvm.vm.refusal.OwnershipRefusal;
import io.tlvm.vm.refusal.VmRefused;

import org.jboss.logging.Logger;

import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * row → owed → step → event → row, until the row is owed nothing or what it is owed cannot be done
 * now.
 */
public final class Settlement {
    private static final Logger LOG = Logger.getLogger("io.tlvm.vm.ownership.settler");

    /** More than any way through the table of phases needs; the next round goes on from there. */
    private static final int TURNS_MAX = 64;

    /** While vCPUs stand still every moment counts. */
    private static final Duration SHORT_REST = Duration.ofMillis(250);

    private final OwnershipRows rows;
    private final OwnershipDriver driver;
    private final Steps steps;
    private final Gates gates;
    private final Clock clock;
    private final ConcurrentHashMap<VmUid, Trouble> troubles = new ConcurrentHashMap<>();

    public Settlement(
            OwnershipRows rows, OwnershipDriver driver, Steps steps, Gates gates, Clock clock) {
        this.rows = rows;
        this.driver = driver;
        this.steps = steps;
        this.gates = gates;
        this.clock = clock;
    }

    /** A step's call. */
    interface Call {
        StepOutcome run() throws InterruptedException;
    }

    Optional<Trouble> trouble(VmUid vm) {
        return Optional.ofNullable(troubles.get(vm));
    }

    Optional<Step> firstOwed(VmUid vm) {
        return rows.read(vm).flatMap(row -> Coordinator.owed(row).stream().findFirst());
    }

    /** Returns whether something is left undone that only time can change. */
    boolean settle(SettleWorker worker) throws InterruptedException {
        VmUid vm = worker.vm();
        Set<Step> aside = new HashSet<>();
        Optional<OwnershipRow> committed = Optional.empty();
        for (int turn = 0; turn < TURNS_MAX; turn++) {
            // What was just committed here needs no second look: the guest may stand still.
            boolean news = worker.takeNudges();
            Optional<OwnershipRow> read = news || committed.isEmpty() ? rows.read(vm) : committed;
            committed = Optional.empty();
            if (read.isEmpty()) {
                troubles.remove(vm);
                return false;
            }
            OwnershipRow row = read.get();
            List<Step> owed = Coordinator.owed(row);
            Optional<Step> next = owed.stream().filter(step -> !aside.contains(step)).findFirst();
            if (next.isEmpty()) {
                if (owed.isEmpty()) {
                    troubles.remove(vm);
                }
                return !owed.isEmpty();
            }
            Step step = next.get();
            boolean leads = step.equals(owed.getFirst());
            switch (run(worker, row, step)) {
                case StepOutcome.Answered answered -> {
                    troubles.remove(vm);
                    committed = take(row, step, answered);
                }
                case StepOutcome.UnderWay(var delay) when leads -> worker.pause(delay);
                case StepOutcome.UnderWay _ -> aside.add(step);
                case StepOutcome.NotDone(var failure) -> {
                    Trouble trouble = remember(row, step, failure);
                    Optional<Event> abort = Patience.giveUp(trouble, clock.instant());
                    if (abort.isPresent()) {
                        applyUnlessMoved(vm, abort.get());
                    } else if (leads && standsStill(row)) {
                        worker.pause(SHORT_REST);
                    } else {
                        aside.add(step);
                    }
                }
            }
        }
        return true;
    }

    private StepOutcome run(SettleWorker worker, OwnershipRow row, Step step)
            throws InterruptedException {
        return worker.guarded(
                step,
                () -> {
                    gates.pass("vm." + StepName.of(step) + ".before");
                    return steps.run(row, step);
                });
    }

    /** Returns the row that the answer made, if it did. */
    private Optional<OwnershipRow> take(OwnershipRow row, Step step, StepOutcome.Answered answered)
            throws InterruptedException {
        Optional<OwnershipRow> committed = Optional.empty();
        try {
            committed = Optional.of(driver.apply(row.vm(), answered.event(), answered.measured()));
        } catch (VmRefused refused) {
            Optional<Event> undo = undo(step, refused);
            if (undo.isEmpty()) {
                // The row went another way while the step ran; what it is owed now is read next.
                LOG.infof(
                        "answer not needed vm=%s step=%s: %s",
                        row.vm(), StepName.of(step), refused.why());
                return committed;
            }
            applyUnlessMoved(row.vm(), undo.get());
        }
        gates.pass("vm." + StepName.of(step) + ".after");
        return committed;
    }

    /** What the coordinator will not commit, although both sides answered, ends the attempt. */
    private static Optional<Event> undo(Step step, VmRefused refused) {
        if (!(refused.why() instanceof OwnershipRefusal.Coordinated(_, var why))) {
            return Optional.empty();
        }
        boolean ends =
                switch (why) {
                    case Refusal.NodeNotUp _, Refusal.DigestsDiffer _ -> true;
                    case Refusal.OtherOperation _,
                            Refusal.OtherEpoch _,
                            Refusal.NotNow _,
                            Refusal.Busy _,
                            Refusal.HandoverOpen _,
                            Refusal.NodeNotFenced _,
                            Refusal.AlreadyThere _ ->
                            false;
                };
        if (!ends) {
            return Optional.empty();
        }
        return switch (step) {
            case Step.PrepareTarget(var attempt, _) ->
                    Optional.of(new Event.Aborted(attempt.op(), why.toString()));
            case Step.Transfer(var attempt, _, _) ->
                    Optional.of(new Event.Aborted(attempt.op(), why.toString()));
            case Step.SwitchOver(var attempt, _, _) ->
                    Optional.of(new Event.Aborted(attempt.op(), why.toString()));
            case Step.ConfirmLoaded(var attempt) ->
                    Optional.of(new Event.Aborted(attempt.op(), why.toString()));
            case Step.CreateState _,
                    Step.Run _,
                    Step.Stop _,
                    Step.StoreState _,
                    Step.Destroy _,
                    Step.Purge _ ->
                    Optional.empty();
        };
    }

    private void applyUnlessMoved(VmUid vm, Event event) {
        try {
            driver.apply(vm, event);
        } catch (VmRefused moved) {
            LOG.infof("event not needed vm=%s event=%s: %s", vm, event, moved.why());
        }
    }

    private Trouble remember(OwnershipRow row, Step step, StepFailure failure) {
        Trouble now =
                troubles.compute(
                        row.vm(),
                        (vm, before) ->
                                new Trouble(
                                        row.version(),
                                        step,
                                        failure,
                                        before != null && before.step().equals(step)
                                                ? before.since()
                                                : clock.instant()));
        LOG.infof(
                "step not done vm=%s step=%s node=%s kind=%s reason=%s: %s",
                row.vm(),
                StepName.of(step),
                step.node(),
                failure.kind(),
                failure.reason(),
                failure.message());
        return now;
    }

    /** Whether the guest's vCPUs are stopped and wait for the outcome. */
    private static boolean standsStill(OwnershipRow row) {
        return switch (row.phase()) {
            case Phase.Handover _, Phase.Released _ -> true;
            case Phase.Running(_, var mode, var activated, _) ->
                    !activated && mode != Phase.Mode.COLD;
            case Phase.Creating _,
                    Phase.Stopped _,
                    Phase.Migrating _,
                    Phase.Recovering _,
                    Phase.Deleting _,
                    Phase.Purged _,
                    Phase.Quarantined _ ->
                    false;
        };
    }
}
