package io.tlvm.vm.migration;

import io.tlvm.ownership.row.Event;
import io.tlvm.vm.machine.Course;
import io.tlvm.vm.machine.Verb;
import io.tlvm.vm.machine.Work;
import io.tlvm.vm.migration.MigrationRecord.State;
import io.tlvm.vm.ownership.OwnershipDriver;
import io.tlvm.vm.ownership.RowBell;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.MigrationRefusal;
import io.tlvm.vm.refusal.VmRefused;

import org.jboss.logging.Logger;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Moves a running VM. The event MigrationAsked is all that it decides; the settler does what the
 * row is then owed, and this watches the record, shows progress, and passes a cancellation on. The
 * undo is what the aborted row is owed.
 */
public final class MigrationSteps implements Verb {
    private static final Logger LOG = Logger.getLogger(MigrationSteps.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final Duration PROGRESS_EVERY = Duration.ofSeconds(1);
    private static final Duration QUIET = Duration.ofMillis(200);

    /** Changes of a row from the pause to the end of a move. */
    private static final int CHANGES_MAX = 6;

    /**
     * The guest runs on the target; a source that is away owes its clean-up for as long as it
     * takes.
     */
    private static final Duration RETIRE_MAX = Duration.ofSeconds(30);

    /** After the deadline every way leads to an end unless a node is away. */
    private static final Duration AFTER_DEADLINE_MAX = Duration.ofMinutes(10);

    private final OwnershipDriver driver;
    private final Measurements measurements;
    private final Transfers transfers;
    private final RowBell bell;
    private final Clock clock;

    public MigrationSteps(
            OwnershipDriver driver,
            Measurements measurements,
            Transfers transfers,
            RowBell bell,
            Clock clock) {
        this.driver = driver;
        this.measurements = measurements;
        this.transfers = transfers;
        this.bell = bell;
        this.clock = clock;
    }

    @Override
    public String kind() {
        return "MigrateVirtualMachine";
    }

    @Override
    public void run(Course course) throws InterruptedException {
        if (!(course.work() instanceof Work.Migrate(var target, _, var deadline))) {
            return;
        }
        if (written(course).isEmpty()) {
            course.endIfCancelled();
            driver.apply(course.uid(), new Event.MigrationAsked(course.op(), target, deadline));
        }
        MigrationRecord end = follow(course, deadline.plus(AFTER_DEADLINE_MAX));
        show(course, end);
        switch (end.state()) {
            case SUCCEEDED, RETIRING -> LOG.infof("moved vm=%s to=%s", course.uid(), end.target());
            case CANCELLED ->
                    throw new VmRefused(
                            new MachineRefusal.OperationCancelled(course.operation(), "migrate"));
            case ROLLED_BACK ->
                    throw new VmRefused(
                            new MigrationRefusal.RolledBack(
                                    course.name(),
                                    end.gaveUpIn().map(State::name).orElse(""),
                                    end.source(),
                                    end.target(),
                                    driver.require(course.uid()).owner().value(),
                                    end.why()));
            case PREPARING, TRANSFERRING, SWITCHING_OVER, COMMITTING, ADOPTING ->
                    throw new VmRefused(
                            new MachineRefusal.TookTooLong(
                                    course.name(), end.state().name(), AFTER_DEADLINE_MAX));
        }
    }

    private MigrationRecord follow(Course course, Instant limit) throws InterruptedException {
        Instant shown = Instant.EPOCH;
        State last = null;
        boolean cancelPassedOn = false;
        try (RowBell.Listener listener = bell.listen(course.uid())) {
            while (true) {
                MigrationRecord now = written(course).orElseThrow();
                Instant time = clock.instant();
                if (now.state().ended() || retiredEnough(now, time) || time.isAfter(limit)) {
                    return now;
                }
                if (course.cancelRequested() && !cancelPassedOn && cancellable(now)) {
                    cancelPassedOn = true;
                    cancel(course);
                    continue;
                }
                if (now.state() != last
                        || Duration.between(shown, time).compareTo(PROGRESS_EVERY) >= 0) {
                    last = now.state();
                    shown = time;
                    if (now.state() == State.TRANSFERRING) {
                        transfers
                                .progress(now.source(), course.uid(), course.op())
                                .ifPresent(
                                        progress ->
                                                measurements.note(
                                                        course.uid(),
                                                        new Measured.Copied(
                                                                course.op(), progress)));
                    }
                    show(course, now);
                }
                awaitQuiet(listener);
            }
        }
    }

    /**
     * While the row goes from state to state the guest may stand still, and whoever writes progress
     * takes time from what it waits for: so that is done when the row has come to rest.
     */
    private static void awaitQuiet(RowBell.Listener listener) throws InterruptedException {
        boolean changing = listener.await(LOOK_EVERY);
        for (int i = 0; changing && i < CHANGES_MAX; i++) {
            changing = listener.await(QUIET);
        }
    }

    private Optional<MigrationRecord> written(Course course) {
        return course.view()
                .machine()
                .migration()
                .filter(record -> record.op().equals(course.op()));
    }

    private void cancel(Course course) {
        measurements.note(course.uid(), new Measured.CancelAsked(course.op()));
        try {
            driver.apply(
                    course.uid(),
                    new Event.Aborted(course.op(), "somebody cancelled the operation"));
        } catch (VmRefused committed) {
            LOG.infof("too late to cancel vm=%s: %s", course.uid(), committed.why());
        }
    }

    private static boolean cancellable(MigrationRecord record) {
        return record.gaveUpIn().isEmpty()
                && switch (record.state()) {
                    case PREPARING, TRANSFERRING, SWITCHING_OVER, COMMITTING -> true;
                    case ADOPTING, RETIRING, SUCCEEDED, ROLLED_BACK, CANCELLED -> false;
                };
    }

    private static boolean retiredEnough(MigrationRecord record, Instant now) {
        return record.state() == State.RETIRING
                && Duration.between(record.phases().getLast().time(), now).compareTo(RETIRE_MAX)
                        > 0;
    }

    private static void show(Course course, MigrationRecord record) throws InterruptedException {
        course.at(
                step(record.state()),
                record.gaveUpIn().isPresent()
                        ? "rolling back: " + record.why()
                        : record.source() + " → " + record.target());
    }

    private static String step(State state) {
        return switch (state) {
            case PREPARING -> "PREPARE_TARGET";
            case TRANSFERRING -> "TRANSFER";
            case SWITCHING_OVER -> "SWITCH_OVER";
            case COMMITTING -> "COMMIT";
            case ADOPTING -> "ADOPT";
            case RETIRING -> "RETIRE";
            case SUCCEEDED, ROLLED_BACK, CANCELLED -> state.name();
        };
    }
}
