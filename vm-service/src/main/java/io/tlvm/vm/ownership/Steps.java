package io.tlvm.vm.ownership;

import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Step;

/**
 * Does steps. Each calls at most one agent (a refused adopt asks the source as well) and may be
 * repeated.
 */
@FunctionalInterface
public interface Steps {

    /**
     * Calls the agent and waits for its answer, within a bound of its own.
     *
     * @throws InterruptedException when the calling thread is interrupted: the row changed, or the
     *     service stops
     */
    StepOutcome run(OwnershipRow row, Step step) throws InterruptedException;
}
