package io.tlvm.ownership.row;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.CleanUp.Kind;
import io.tlvm.ownership.row.Decision.Already;
import io.tlvm.ownership.row.Decision.Next;
import io.tlvm.ownership.row.Decision.Refused;
import io.tlvm.ownership.row.Event.*;
import io.tlvm.ownership.row.Phase.Migrating;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.Quarantined;
import io.tlvm.ownership.row.Phase.Running;
import io.tlvm.ownership.row.Phase.StopOrder;
import io.tlvm.ownership.row.Phase.Stopped;
import io.tlvm.ownership.row.Phase.Wanted;

/** The phase of a VM that has an owner with leave to run it, from the claim to its end. */
final class RunningPhase {
    private RunningPhase() {}

    static Decision decide(OwnershipRow row, Running at, Event event, Nodes nodes) {
        return switch (event) {
            case StartAsked(var op) ->
                    at.stop() == null
                            ? new Already(row)
                            : new Refused(new Refusal.Busy(at.stop().op()));
            case StopAsked(var op, var mode) -> stopAsked(row, at, op, mode);
            case MigrationAsked(var op, var target, var deadline) -> {
                if (at.stop() != null) {
                    yield new Refused(new Refusal.Busy(at.stop().op()));
                }
                if (target.equals(row.owner())) {
                    yield new Refused(new Refusal.AlreadyThere(target));
                }
                // Step 1: the source has claimed the row's epoch, and no earlier hand-over is open.
                if (row.prior() != null) {
                    yield new Refused(new Refusal.HandoverOpen(row.prior().owner()));
                }
                if (!at.activated()) {
                    yield new Refused(new Refusal.Busy(at.op()));
                }
                if (!nodes.isUp(target)) {
                    yield new Refused(new Refusal.NodeNotUp(target));
                }
                Epoch drawn = row.freshEpoch();
                yield new Next(
                        row.withAttemptEpoch(drawn)
                                .to(new Migrating(new Attempt(op, target, drawn, deadline, null))));
            }
            case Activated(var epoch) -> activated(row, at, epoch);
            case Exited(var epoch) -> exited(row, at, epoch);
            case StateRefused(var epoch, _) when !epoch.equals(row.epoch()) ->
                    new Refused(new Refusal.OtherEpoch(epoch, row.epoch()));
            case StateRefused(_, var evidence) ->
                    at.mode() == Mode.COLD && !at.activated()
                            ? new Next(row.to(new Quarantined(evidence)))
                            : new Refused(new Refusal.NotNow(at, event));
            case NotClaimed(var epoch, var sourceHolds) ->
                    notClaimed(row, at, epoch, sourceHolds, nodes);
            // Late answers of a hand-over that was committed, or of one that was aborted.
            case TargetLoaded _,
                    SourceReleased _,
                    SourceReady _,
                    TargetPrepared _,
                    DeadlineExtended _,
                    Aborted _ ->
                    new Refused(new Refusal.NotNow(at, event));
            case NodeLost lost ->
                    RecoveringPhase.begin(
                            row, lost, at.stop() == null ? Wanted.RUNNING : Wanted.STOPPED, nodes);
            case DeleteAsked _ -> new Refused(new Refusal.NotNow(at, event));
            case StateStored _,
                    OwnerReturned _,
                    StateCreated _,
                    CreateWithdrawn _,
                    CleanedUp _,
                    UndeleteAsked _,
                    PurgeAsked _,
                    Event.Purged _ ->
                    new Refused(new Refusal.NotNow(at, event));
        };
    }

    private static Decision stopAsked(
            OwnershipRow row, Running at, OperationId op, Phase.StopMode mode) {
        StopOrder stop = at.stop();
        if (stop != null && (stop.mode() == mode || stop.mode() == Phase.StopMode.FORCED)) {
            return stop.op().equals(op)
                    ? new Already(row)
                    : new Refused(new Refusal.Busy(stop.op()));
        }
        return new Next(
                row.to(new Running(at.op(), at.mode(), at.activated(), new StopOrder(op, mode))));
    }

    private static Decision activated(OwnershipRow row, Running at, Epoch epoch) {
        if (!epoch.equals(row.epoch())) {
            return new Refused(new Refusal.OtherEpoch(epoch, row.epoch()));
        }
        if (at.activated()) {
            return new Already(row);
        }
        // R7: only now may the source's copy go.
        return new Next(
                row.retiringPrior(at.op()).to(new Running(at.op(), at.mode(), true, at.stop())));
    }

    private static Decision exited(OwnershipRow row, Running at, Epoch epoch) {
        if (!epoch.equals(row.epoch())) {
            return new Refused(new Refusal.OtherEpoch(epoch, row.epoch()));
        }
        // Where a hand-over was open, the new owner claimed and its guest ended before it could say
        // that it ran: the hand-over is over all the same.
        return new Next(row.retiringPrior(at.op()).to(new Stopped()));
    }

    /** Step 11: the target proved that it never ran what was committed to it. */
    private static Decision notClaimed(
            OwnershipRow row, Running at, Epoch epoch, boolean sourceHolds, Nodes nodes) {
        if (!epoch.equals(row.epoch())) {
            return new Refused(new Refusal.OtherEpoch(epoch, row.epoch()));
        }
        OwnershipRow.Prior prior = row.prior();
        if (at.mode() != Mode.ADOPT || at.activated() || prior == null) {
            return new Refused(new Refusal.NotNow(at, new NotClaimed(epoch, sourceHolds)));
        }
        if (sourceHolds && nodes.isUp(prior.owner())) {
            StateRef dead = row.requireStateRef();
            CleanUp discard = new CleanUp(Kind.DISCARD, row.owner(), at.op(), row.epoch(), dead);
            return new Next(
                    row.withEpoch(row.freshEpoch())
                            .ownedBy(prior.owner(), prior.stateRef())
                            .withPrior(null)
                            .owing(discard)
                            .to(new Running(at.op(), Mode.RESUME, false, at.stop())));
        }
        return nodes.isUp(row.owner())
                ? new Next(
                        row.withEpoch(row.freshEpoch())
                                .to(new Running(at.op(), Mode.COLD, false, at.stop())))
                : new Refused(new Refusal.NodeNotUp(row.owner()));
    }
}
