package io.tlvm.vm.ownership;

import io.tlvm.ownership.row.Event;
import io.tlvm.vm.migration.Measured;

import java.time.Duration;
import java.util.List;

/** What came of a step. */
public sealed interface StepOutcome {

    /** The agent's answer as an event, and what it measured on the way. */
    record Answered(Event event, List<Measured> measured) implements StepOutcome {
        public Answered(Event event) {
            this(event, List.of());
        }
    }

    /** The step is under way at the agent; ask again after {@code delay}. */
    record UnderWay(Duration delay) implements StepOutcome {}

    /** The step was not done, or nobody knows. */
    record NotDone(StepFailure failure) implements StepOutcome {}
}
