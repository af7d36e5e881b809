package io.tlvm.foundation.operation;

import com.google.longrunning.Operation;
import com.google.protobuf.Any;
import com.google.rpc.Status;

import java.time.Instant;
import java.util.Optional;

/**
 * An operation as a store keeps it.
 *
 * @param name its name
 * @param kind selects the {@link OperationHandler}, for example {@code CreateVirtualMachine}
 * @param target name of the resource it works on
 * @param requester URI of the caller who asked for it
 * @param metadata the proto that the API documents as metadata of this operation; its progress
 * @param state where it is
 * @param step name of the step it is at, empty before the first
 * @param error set in the states FAILED and CANCELLED
 * @param response set in the state SUCCEEDED
 * @param createTime when it was asked for
 * @param updateTime when anything above changed last
 * @param claimedBy the runner that works on it
 * @param claimedUntil when the claim ends; also the time before which a postponed operation is not
 *     claimed
 * @param cancelRequested whether somebody asked for its end
 */
public record OperationRecord(
        OperationName name,
        String kind,
        String target,
        String requester,
        Any metadata,
        OperationState state,
        String step,
        Optional<Status> error,
        Optional<Any> response,
        Instant createTime,
        Instant updateTime,
        Optional<String> claimedBy,
        Optional<Instant> claimedUntil,
        boolean cancelRequested) {

    /**
     * @throws IllegalArgumentException when state, error and response contradict each other
     */
    public OperationRecord {
        if (kind.isEmpty()) {
            throw new IllegalArgumentException("an operation needs a kind");
        }
        boolean fits =
                switch (state) {
                    case QUEUED, RUNNING -> error.isEmpty() && response.isEmpty();
                    case SUCCEEDED -> error.isEmpty() && response.isPresent();
                    case FAILED, CANCELLED -> error.isPresent() && response.isEmpty();
                };
        if (!fits) {
            throw new IllegalArgumentException(
                    "error or response of " + name + " contradict the state " + state);
        }
    }

    /** A new operation that nobody has claimed. */
    public static OperationRecord queued(
            OperationName name,
            String kind,
            String target,
            String requester,
            Any metadata,
            Instant now) {
        return new OperationRecord(
                name,
                kind,
                target,
                requester,
                metadata,
                OperationState.QUEUED,
                "",
                Optional.empty(),
                Optional.empty(),
                now,
                now,
                Optional.empty(),
                Optional.empty(),
                false);
    }

    /** As the API shows it. */
    public Operation toProto() {
        var operation =
                Operation.newBuilder()
                        .setName(name.toString())
                        .setMetadata(metadata)
                        .setDone(state.done());
        error.ifPresent(operation::setError);
        response.ifPresent(operation::setResponse);
        return operation.build();
    }
}
