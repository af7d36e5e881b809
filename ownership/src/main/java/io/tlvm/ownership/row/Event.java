package io.tlvm.ownership.row;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.Phase.StopMode;

import java.time.Instant;
import java.util.SortedSet;

/**
 * Everything that may change a row: what a user asks, what an agent answers, what the clock says.
 */
public sealed interface Event {

    /** The owner made the guest state and sealed it in {@code directory}. */
    record StateCreated(OperationId op, Epoch epoch, StateRef directory, GuestIdentity identity)
            implements Event {}

    /**
     * The owner journaled a tombstone for (op, epoch): it made nothing that counts and never will
     * for that create.
     *
     * @param next who tries now; may be the same node
     */
    record CreateWithdrawn(OperationId op, Epoch epoch, NodeName next) implements Event {}

    /** A user asks for a start. */
    record StartAsked(OperationId op) implements Event {}

    /** A user asks for a stop. */
    record StopAsked(OperationId op, StopMode mode) implements Event {}

    /**
     * The owner says that what it ran under this epoch has ended, or that a resume found nothing to
     * resume.
     */
    record Exited(Epoch epoch) implements Event {}

    /** The owner says that the guest runs under this epoch. */
    record Activated(Epoch epoch) implements Event {}

    /**
     * The owner refused to start, or the target of a recovery to store: the state in {@code
     * state_ref} is not what was sealed there.
     *
     * @param epoch the owner's, or the recovery's
     */
    record StateRefused(Epoch epoch, String evidence) implements Event {}

    /** Step 1: a user asks for a live migration that preflight found possible. */
    record MigrationAsked(OperationId op, NodeName target, Instant deadline) implements Event {}

    /** Step 2: the target has its directory and its one-operation key. */
    record TargetPrepared(OperationId op, Attempt.Prepared prepared) implements Event {}

    /** Progress is real; the attempt may take longer. */
    record DeadlineExtended(OperationId op, Instant deadline) implements Event {}

    /**
     * Step 5: the source stands at pre-switchover and everything that travels ahead has arrived. GO
     * follows.
     */
    record SourceReady(OperationId op) implements Event {}

    /** Step 9: the source's irrevocable promise. */
    record SourceReleased(OperationId op, Digest digest) implements Event {}

    /** Step 8, asked again for step 10: the target has loaded this digest and holds it still. */
    record TargetLoaded(OperationId op, Digest digest) implements Event {}

    /**
     * Step 11: the target journaled a refusal of the adopt; it will never run this attempt.
     *
     * @param sourceHolds the prior owner is reachable and its QEMU stands in postmigrate
     */
    record NotClaimed(Epoch epoch, boolean sourceHolds) implements Event {}

    /**
     * The owner is FENCED; {@code target} may take over from the directory that the row names,
     * which it reaches. Told again with another {@code op} when a target is lost or does not get
     * on.
     */
    record NodeLost(OperationId op, NodeName target) implements Event {}

    /**
     * The target of a recovery stored the state, sealed, in its attempt's directory.
     *
     * @param digest of vTPM payload and UEFI variables, the same in both directories
     */
    record StateStored(OperationId op, Epoch epoch, Digest digest) implements Event {}

    /** The owner is a member again before its VM was recovered elsewhere. */
    record OwnerReturned() implements Event {}

    /** Something failed, took too long or was cancelled. */
    record Aborted(OperationId op, String why) implements Event {}

    /** A node destroyed what it owed. */
    record CleanedUp(CleanUp cleanUp) implements Event {}

    /** A user deletes the VM. */
    record DeleteAsked(OperationId op, Instant purgeTime) implements Event {}

    /** A user takes a delete back. */
    record UndeleteAsked(OperationId op) implements Event {}

    /**
     * The retention is over, a user asked to purge now, or a create that failed is given up. {@code
     * holders} are the nodes that may hold state.
     */
    record PurgeAsked(OperationId op, SortedSet<NodeName> holders) implements Event {}

    /** A node says that it holds nothing of a purged VM any more. */
    record Purged(NodeName node) implements Event {}
}
