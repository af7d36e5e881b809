package io.tlvm.ownership.row;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.row.CleanUp.Kind;
import io.tlvm.ownership.row.Decision.Already;
import io.tlvm.ownership.row.Decision.Next;
import io.tlvm.ownership.row.Decision.Refused;
import io.tlvm.ownership.row.Event.*;
import io.tlvm.ownership.row.Phase.Handover;
import io.tlvm.ownership.row.Phase.Migrating;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.Released;
import io.tlvm.ownership.row.Phase.Running;
import io.tlvm.ownership.row.Phase.Stopped;
import io.tlvm.ownership.row.Phase.Wanted;

/** The phases of a live migration, from the plan to COMMIT or to the abort. */
final class AttemptPhases {
    private AttemptPhases() {}

    static Decision migrating(OwnershipRow row, Migrating at, Event event, Nodes nodes) {
        Attempt attempt = at.attempt();
        return switch (event) {
            case TargetPrepared(var op, _) when !op.equals(attempt.op()) ->
                    new Refused(new Refusal.OtherOperation(op, attempt.op()));
            case TargetPrepared(_, var prepared) when attempt.prepared() == null ->
                    new Next(row.to(new Migrating(attempt.prepared(prepared))));
            case TargetPrepared(_, var prepared) ->
                    prepared.equals(attempt.prepared())
                            ? new Already(row)
                            // Another key or directory than the one recorded: the first attempt's
                            // QEMU is gone (R4).
                            : abort(row, attempt);
            case DeadlineExtended(var op, _) when !op.equals(attempt.op()) ->
                    new Refused(new Refusal.OtherOperation(op, attempt.op()));
            case DeadlineExtended(_, var deadline) ->
                    deadline.isAfter(attempt.deadline())
                            ? new Next(row.to(new Migrating(attempt.until(deadline))))
                            : new Already(row);
            case SourceReady(var op) when !op.equals(attempt.op()) ->
                    new Refused(new Refusal.OtherOperation(op, attempt.op()));
            case SourceReady _ when attempt.prepared() == null ->
                    new Refused(new Refusal.NotNow(at, event));
            // GO leads to giving the VM away, so the target has to be UP now as it had to be for
            // the plan.
            case SourceReady _ when !nodes.isUp(attempt.target()) ->
                    new Refused(new Refusal.NodeNotUp(attempt.target()));
            case SourceReady _ -> new Next(row.to(new Handover(attempt)));
            case Aborted(var op, _) -> aborted(row, attempt, op);
            case Exited(var epoch) -> sourceEnded(row, attempt, epoch);
            // The source wrote its state until it was lost: that counts, whatever the target has
            // loaded.
            case NodeLost lost -> lost(row, attempt, lost, nodes);
            case Activated(var epoch) when epoch.equals(row.epoch()) -> new Already(row);
            case StartAsked _ -> new Already(row);
            case StopAsked _, MigrationAsked _, DeleteAsked _ ->
                    new Refused(new Refusal.Busy(attempt.op()));
            case Activated _,
                    StateCreated _,
                    CreateWithdrawn _,
                    StateRefused _,
                    SourceReleased _,
                    TargetLoaded _,
                    NotClaimed _,
                    StateStored _,
                    OwnerReturned _,
                    CleanedUp _,
                    UndeleteAsked _,
                    PurgeAsked _,
                    Event.Purged _ ->
                    new Refused(new Refusal.NotNow(at, event));
        };
    }

    static Decision handover(OwnershipRow row, Handover at, Event event, Nodes nodes) {
        Attempt attempt = at.attempt();
        return switch (event) {
            case SourceReleased(var op, _) when !op.equals(attempt.op()) ->
                    new Refused(new Refusal.OtherOperation(op, attempt.op()));
            case SourceReleased(_, var digest) -> new Next(row.to(new Released(attempt, digest)));
            case SourceReady(var op) ->
                    op.equals(attempt.op())
                            ? new Already(row)
                            : new Refused(new Refusal.OtherOperation(op, attempt.op()));
            case Aborted(var op, _) -> aborted(row, attempt, op);
            case Exited(var epoch) -> sourceEnded(row, attempt, epoch);
            // The source wrote its state until it was lost: that counts, whatever the target has
            // loaded.
            case NodeLost lost -> lost(row, attempt, lost, nodes);
            case StartAsked _ -> new Already(row);
            case StopAsked _, MigrationAsked _, DeleteAsked _ ->
                    new Refused(new Refusal.Busy(attempt.op()));
            case Activated _,
                    StateCreated _,
                    CreateWithdrawn _,
                    StateRefused _,
                    TargetPrepared _,
                    DeadlineExtended _,
                    TargetLoaded _,
                    NotClaimed _,
                    StateStored _,
                    OwnerReturned _,
                    CleanedUp _,
                    UndeleteAsked _,
                    PurgeAsked _,
                    Event.Purged _ ->
                    new Refused(new Refusal.NotNow(at, event));
        };
    }

    static Decision released(OwnershipRow row, Released at, Event event, Nodes nodes) {
        Attempt attempt = at.attempt();
        return switch (event) {
            case TargetLoaded(var op, _) when !op.equals(attempt.op()) ->
                    new Refused(new Refusal.OtherOperation(op, attempt.op()));
            case TargetLoaded(_, var loaded) when !loaded.equals(at.digest()) ->
                    new Refused(new Refusal.DigestsDiffer(at.digest(), loaded));
            case TargetLoaded _ when !nodes.isUp(attempt.target()) ->
                    new Refused(new Refusal.NodeNotUp(attempt.target()));
            // Step 10, COMMIT: the target's number becomes the epoch, its directory the state_ref.
            case TargetLoaded _ ->
                    new Next(
                            row.withPrior(
                                            new OwnershipRow.Prior(
                                                    row.owner(),
                                                    row.requireStateRef(),
                                                    row.epoch()))
                                    .withEpoch(attempt.epoch())
                                    .ownedBy(attempt.target(), attempt.directory())
                                    .to(new Running(attempt.op(), Mode.ADOPT, false, null)));
            case SourceReleased(var op, var digest) ->
                    op.equals(attempt.op()) && digest.equals(at.digest())
                            ? new Already(row)
                            : new Refused(new Refusal.NotNow(at, event));
            case Aborted(var op, _) -> aborted(row, attempt, op);
            // The source promised and then was lost: a target that holds the guest still is asked
            // first.
            case NodeLost _ when nodes.isUp(attempt.target()) ->
                    new Refused(new Refusal.Busy(attempt.op()));
            case NodeLost lost -> lost(row, attempt, lost, nodes);
            // The source promised already; the guest lives in what the target loaded, not in what
            // ended here.
            case Exited(var epoch) ->
                    epoch.equals(row.epoch())
                            ? new Already(row)
                            : new Refused(new Refusal.OtherEpoch(epoch, row.epoch()));
            case StartAsked _ -> new Already(row);
            case StopAsked _, MigrationAsked _, DeleteAsked _ ->
                    new Refused(new Refusal.Busy(attempt.op()));
            case Activated _,
                    StateCreated _,
                    CreateWithdrawn _,
                    StateRefused _,
                    TargetPrepared _,
                    DeadlineExtended _,
                    SourceReady _,
                    NotClaimed _,
                    StateStored _,
                    OwnerReturned _,
                    CleanedUp _,
                    UndeleteAsked _,
                    PurgeAsked _,
                    Event.Purged _ ->
                    new Refused(new Refusal.NotNow(at, event));
        };
    }

    private static Decision aborted(OwnershipRow row, Attempt attempt, OperationId op) {
        return op.equals(attempt.op())
                ? abort(row, attempt)
                : new Refused(new Refusal.OtherOperation(op, attempt.op()));
    }

    /** The target's number is dead for ever; the source gets leave to run on under a fresh one. */
    private static Decision abort(OwnershipRow row, Attempt attempt) {
        return new Next(
                withDiscard(row, attempt)
                        .withEpoch(row.freshEpoch())
                        .to(new Running(attempt.op(), Mode.RESUME, false, null)));
    }

    private static Decision lost(OwnershipRow row, Attempt attempt, NodeLost lost, Nodes nodes) {
        return RecoveringPhase.begin(withDiscard(row, attempt), lost, Wanted.RUNNING, nodes);
    }

    /** The source's guest ended during the attempt: what it wrote last rests in state_ref. */
    private static Decision sourceEnded(OwnershipRow row, Attempt attempt, Epoch epoch) {
        if (!epoch.equals(row.epoch())) {
            return new Refused(new Refusal.OtherEpoch(epoch, row.epoch()));
        }
        return new Next(withDiscard(row, attempt).to(new Stopped()));
    }

    private static OwnershipRow withDiscard(OwnershipRow row, Attempt attempt) {
        Attempt.Prepared prepared = attempt.prepared();
        return row.owing(
                new CleanUp(
                        Kind.DISCARD,
                        attempt.target(),
                        attempt.op(),
                        attempt.epoch(),
                        prepared == null ? null : prepared.directory()));
    }
}
