package io.tlvm.foundation.operation;

import com.google.protobuf.Any;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Where operations live. Every method is one transaction, blocks, and is called on virtual threads.
 * Methods that name a runner change nothing unless that runner holds the claim and the claim has
 * not ended by the store's clock. Adding operations is no part of this: a service does so in the
 * transaction of the change that the operation belongs to.
 */
public interface OperationStore {

    /**
     * Claims up to {@code max} unfinished operations whose claim is absent or over, oldest first,
     * sets them RUNNING, and returns them. Two runners never get the same one (SKIP LOCKED).
     */
    List<OperationRecord> claim(String runner, Duration lease, int max);

    /** Prolongs a claim. */
    Hold heartbeat(OperationName name, String runner, Duration lease);

    /** Records the step and the metadata that clients see. */
    Hold progress(OperationName name, String runner, String step, Any metadata);

    /**
     * Ends the claim: with a final outcome for good, with {@link OperationOutcome.Later} until its
     * delay is over. Returns whether the runner still held it.
     */
    boolean finish(OperationName name, String runner, OperationOutcome outcome);

    /** The operation, if it exists. */
    Optional<OperationRecord> find(OperationName name);

    /** A page of operations in the order of {@link Query#after}. */
    List<OperationRecord> list(Query query);

    /** Notes that somebody wants an unfinished operation to end. Returns whether it exists. */
    boolean requestCancel(OperationName name);

    /** Removes a finished operation. Returns false when it does not exist or is unfinished. */
    boolean delete(OperationName name);

    /** Whether a runner still holds an operation. */
    sealed interface Hold {
        /** It does. */
        record Held(boolean cancelRequested) implements Hold {}

        /** The claim ended, or somebody else has it: stop working on it. */
        record Lost() implements Hold {}
    }

    /**
     * Which operations to list.
     *
     * @param project their project
     * @param target only of this resource
     * @param done only finished, or only unfinished ones
     * @param after only those whose id follows this one, in the order of ids
     * @param limit at most so many
     */
    record Query(
            String project,
            Optional<String> target,
            Optional<Boolean> done,
            Optional<String> after,
            int limit) {}
}
