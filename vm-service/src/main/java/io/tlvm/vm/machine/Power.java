package io.tlvm.vm.machine;

import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.ownership.row.Phase.StopMode;
import io.tlvm.ownership.row.Refusal;
import io.tlvm.vm.ownership.OwnershipDriver;
import io.tlvm.vm.ownership.RowWait;
import io.tlvm.vm.ownership.Settler;
import io.tlvm.vm.ownership.StepFailure;
import io.tlvm.vm.ownership.StepName;
import io.tlvm.vm.ownership.Trouble;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.OwnershipRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Starts and stops: what a user wants becomes an event; the settler does the rest and this waits
 * for it.
 */
public final class Power {

    /** QEMU under TCG on a busy host needs tens of seconds until its vCPUs run. */
    private static final Duration START_MAX = Duration.ofMinutes(3);

    /** A forced stop, from the order until the state is sealed. */
    private static final Duration FORCED_STOP_MAX = Duration.ofMinutes(2);

    private final OwnershipDriver driver;
    private final Settler settler;
    private final RowWait wait;
    private final Clock clock;

    public Power(OwnershipDriver driver, Settler settler, RowWait wait, Clock clock) {
        this.driver = driver;
        this.settler = settler;
        this.wait = wait;
        this.clock = clock;
    }

    /** Sees that the guest runs. One that runs is left as it is. */
    void start(Course course) throws InterruptedException {
        OwnershipRow row = driver.require(course.uid());
        if (row.phase() instanceof Phase.Stopped) {
            course.at("START", "starting on " + row.owner());
            driver.apply(course.uid(), new Event.StartAsked(course.op()));
        }
        awaitRunning(course);
    }

    /** Waits until a start that was asked for is over. */
    void awaitRunning(Course course) throws InterruptedException {
        Instant limit = clock.instant().plus(START_MAX);
        Optional<OwnershipRow> end =
                wait.until(course.uid(), limit, row -> !starting(row) || refused(row).isPresent());
        OwnershipRow row = end.orElseGet(() -> driver.require(course.uid()));
        if (starting(row)) {
            takeBack(course);
        }
        switch (row.phase()) {
            case Phase.Running _, Phase.Migrating _, Phase.Handover _, Phase.Released _ -> {
                // it runs
            }
            case Phase.Quarantined(var evidence) ->
                    throw new VmRefused(
                            new MachineRefusal.InQuarantine(
                                    course.name(), row.owner().value(), evidence));
            case Phase.Stopped _,
                    Phase.Recovering _,
                    Phase.Deleting _,
                    Phase.Creating _,
                    Phase.Purged _ ->
                    throw new VmRefused(
                            new MachineRefusal.GuestEnded(
                                    course.name(), row.owner().value(), lastWords(course)));
        }
    }

    /**
     * A grant that nobody takes would start the guest whenever the node is well again; the failed
     * request ends that.
     */
    private void takeBack(Course course) throws InterruptedException {
        Optional<Trouble> trouble = settler.trouble(course.uid());
        stop(course, StopMode.FORCED, Duration.ZERO);
        throw new VmRefused(notInTime(course, trouble, "START", START_MAX));
    }

    /** The last trouble says more than that time was up. */
    private static MachineRefusal notInTime(
            Course course, Optional<Trouble> trouble, String verb, Duration limit) {
        return trouble.<MachineRefusal>map(
                        last ->
                                new MachineRefusal.StepFailed(
                                        course.name(),
                                        StepName.of(last.step()),
                                        last.step().node().value(),
                                        last.failure()))
                .orElseGet(() -> new MachineRefusal.TookTooLong(course.name(), verb, limit));
    }

    /**
     * Sees that nothing runs: asks the guest first if {@code mode} says so, and no longer asks
     * after {@code patience}.
     */
    void stop(Course course, StopMode mode, Duration patience) throws InterruptedException {
        if (!running(driver.require(course.uid()))) {
            return;
        }
        Instant forceAt = clock.instant().plus(patience);
        course.at(
                "STOP",
                mode == StopMode.GRACEFUL ? "the guest is asked to shut down" : "QEMU is ended");
        order(course, mode);
        Optional<OwnershipRow> stopped =
                mode == StopMode.GRACEFUL
                        ? wait.until(course.uid(), forceAt, row -> !running(row))
                        : Optional.empty();
        if (stopped.isEmpty()) {
            if (mode == StopMode.GRACEFUL) {
                course.at(
                        "STOP",
                        "the guest did not shut down within " + patience + "; QEMU is ended");
            }
            order(course, StopMode.FORCED);
            stopped =
                    wait.until(
                            course.uid(),
                            clock.instant().plus(FORCED_STOP_MAX),
                            row -> !running(row));
        }
        if (stopped.isEmpty()) {
            throw new VmRefused(
                    notInTime(course, settler.trouble(course.uid()), "STOP", FORCED_STOP_MAX));
        }
    }

    /** An order that another operation left behind serves as well. */
    private void order(Course course, StopMode mode) {
        try {
            driver.apply(course.uid(), new Event.StopAsked(course.op(), mode));
        } catch (VmRefused refused) {
            boolean ordered =
                    refused.why() instanceof OwnershipRefusal.Coordinated(_, var why)
                            && why instanceof Refusal.Busy
                            && driver.require(course.uid()).phase()
                                    instanceof Phase.Running(_, _, _, var stop)
                            && stop != null;
            if (!ordered && running(driver.require(course.uid()))) {
                throw refused;
            }
        }
    }

    private Optional<Trouble> refused(OwnershipRow row) {
        return settler.trouble(row.vm())
                .filter(trouble -> trouble.version().equals(row.version()))
                .filter(trouble -> trouble.failure().kind() == StepFailure.Kind.REFUSED);
    }

    private String lastWords(Course course) {
        List<Condition> conditions = course.view().machine().conditions();
        return conditions.stream()
                .filter(condition -> condition.status().equals("False"))
                .map(Condition::message)
                .findFirst()
                .orElse("the guest's processes ended; see its serial log on the node");
    }

    private static boolean starting(OwnershipRow row) {
        return row.phase() instanceof Phase.Running(_, _, var activated, _) && !activated
                || row.phase() instanceof Phase.Recovering recovering
                        && recovering.wanted() == Phase.Wanted.RUNNING;
    }

    private static boolean running(OwnershipRow row) {
        return switch (row.phase()) {
            case Phase.Running _, Phase.Migrating _, Phase.Handover _, Phase.Released _ -> true;
            case Phase.Recovering recovering -> recovering.wanted() == Phase.Wanted.RUNNING;
            case Phase.Creating _,
                    Phase.Stopped _,
                    Phase.Deleting _,
                    Phase.Purged _,
                    Phase.Quarantined _ ->
                    false;
        };
    }
}
