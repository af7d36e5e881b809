package io.tlvm.vm.ownership;

import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.Step;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** How long a step may fail before its attempt is given up. Pure. */
final class Patience {

    /**
     * A target that does not answer so long before the switch-over, or after it, loses the attempt;
     * nothing is lost.
     */
    private static final Duration TARGET_SILENCE_MAX = Duration.ofSeconds(30);

    private Patience() {}

    /** The abort that follows from the failure, or empty to try again. */
    static Optional<Event> giveUp(Trouble trouble, Instant now) {
        StepFailure failure = trouble.failure();
        Duration silence = Duration.between(trouble.since(), now);
        return switch (trouble.step()) {
            case Step.PrepareTarget(var attempt, _) -> hasTarget(attempt, failure, silence, now);
            case Step.ConfirmLoaded(var attempt) -> hasTarget(attempt, failure, silence, now);
            case Step.Transfer(var attempt, _, _) ->
                    switch (failure.kind()) {
                        case REFUSED -> aborted(attempt, failure);
                        case SILENT, TIMED_OUT -> afterDeadline(attempt, failure, now);
                        case STALE -> Optional.empty();
                    };
            case Step.SwitchOver(var attempt, _, _) ->
                    switch (failure.kind()) {
                        // The bound of the switch-over passed: the source decides by its journal
                        // when it gets the resume grant.
                        case REFUSED, TIMED_OUT -> aborted(attempt, failure);
                        // It may have promised: keep asking while there is time.
                        case SILENT -> afterDeadline(attempt, failure, now);
                        case STALE -> Optional.empty();
                    };
            // No undo: these are owed until they are done. Another target for a recovery is chosen
            // where nodes are known, see Failover.
            case Step.CreateState _,
                    Step.Run _,
                    Step.Stop _,
                    Step.StoreState _,
                    Step.Destroy _,
                    Step.Purge _ ->
                    Optional.empty();
        };
    }

    private static Optional<Event> hasTarget(
            Attempt attempt, StepFailure failure, Duration silence, Instant now) {
        return switch (failure.kind()) {
            case REFUSED -> aborted(attempt, failure);
            case SILENT, TIMED_OUT ->
                    silence.compareTo(TARGET_SILENCE_MAX) > 0
                            ? aborted(attempt, failure)
                            : afterDeadline(attempt, failure, now);
            case STALE -> Optional.empty();
        };
    }

    private static Optional<Event> afterDeadline(
            Attempt attempt, StepFailure failure, Instant now) {
        return now.isBefore(attempt.deadline())
                ? Optional.empty()
                : Optional.of(
                        new Event.Aborted(
                                attempt.op(),
                                "the deadline "
                                        + attempt.deadline()
                                        + " passed: "
                                        + failure.message()));
    }

    private static Optional<Event> aborted(Attempt attempt, StepFailure failure) {
        return Optional.of(
                new Event.Aborted(attempt.op(), failure.reason() + ": " + failure.message()));
    }
}
