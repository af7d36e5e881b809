package io.tlvm.vm.ownership;

import java.util.Map;

/**
 * What a node said instead of doing a step.
 *
 * @param kind what it means for the step
 * @param reason the agent's error reason, such as {@code HOST_NOT_READY}
 * @param message the agent's sentence
 * @param fix what to do about it
 * @param facts the agent's metadata
 */
public record StepFailure(
        Kind kind, String reason, String message, String fix, Map<String, String> facts) {

    /** What a failure means for the step. */
    public enum Kind {
        /** No answer: unreachable, restarting. The step may have been done. */
        SILENT,
        /** The call's own bound passed without an answer. */
        TIMED_OUT,
        /** The agent has seen a newer row: read again. */
        STALE,
        /** The agent will not do this step, now or ever. */
        REFUSED
    }

    public StepFailure {
        facts = Map.copyOf(facts);
    }
}
