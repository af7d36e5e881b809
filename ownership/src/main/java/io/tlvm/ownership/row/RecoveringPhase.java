package io.tlvm.ownership.row;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.CleanUp.Kind;
import io.tlvm.ownership.row.Decision.Already;
import io.tlvm.ownership.row.Decision.Next;
import io.tlvm.ownership.row.Decision.Refused;
import io.tlvm.ownership.row.Event.*;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.Quarantined;
import io.tlvm.ownership.row.Phase.Recovering;
import io.tlvm.ownership.row.Phase.Running;
import io.tlvm.ownership.row.Phase.Stopped;
import io.tlvm.ownership.row.Phase.Wanted;

/**
 * How a VM leaves a node that is lost. What counts is the directory that the row names: nothing
 * that the lost node may have done after its last answer is guessed, and no copy that it had not
 * promised is taken for the guest's.
 */
final class RecoveringPhase {
    private RecoveringPhase() {}

    /** The VM leaves its owner, if that is FENCED now and the target is UP now. */
    static Decision begin(OwnershipRow row, NodeLost lost, Wanted wanted, Nodes nodes) {
        if (!nodes.isFenced(row.owner())) {
            return new Refused(new Refusal.NodeNotFenced(row.owner()));
        }
        if (!nodes.isUp(lost.target())) {
            return new Refused(new Refusal.NodeNotUp(lost.target()));
        }
        Epoch drawn = row.freshEpoch();
        return new Next(
                row.withAttemptEpoch(drawn)
                        .to(
                                new Recovering(
                                        lost.op(),
                                        lost.target(),
                                        drawn,
                                        StateRef.ofAttempt(drawn, lost.op()),
                                        wanted)));
    }

    static Decision decide(OwnershipRow row, Recovering at, Event event, Nodes nodes) {
        return switch (event) {
            case StateStored(var op, _, _) when !op.equals(at.op()) ->
                    new Refused(new Refusal.OtherOperation(op, at.op()));
            case StateStored(_, var epoch, _) when !epoch.equals(at.epoch()) ->
                    new Refused(new Refusal.OtherEpoch(epoch, at.epoch()));
            case StateStored _ when !nodes.isUp(at.target()) ->
                    new Refused(new Refusal.NodeNotUp(at.target()));
            case StateStored _ -> new Next(stored(row, at));
            case StateRefused(var epoch, _) when !epoch.equals(at.epoch()) ->
                    new Refused(new Refusal.OtherEpoch(epoch, at.epoch()));
            case StateRefused(_, var evidence) ->
                    new Next(withDiscard(row, at).to(new Quarantined(evidence)));
            case NodeLost(var op, _) when op.equals(at.op()) -> new Already(row);
            // The target is lost or silent. It never had a grant, so it needs no fence.
            case NodeLost lost -> begin(withDiscard(row, at), lost, at.wanted(), nodes);
            case OwnerReturned _ when !nodes.isUp(row.owner()) ->
                    new Refused(new Refusal.NodeNotUp(row.owner()));
            case OwnerReturned _ -> new Next(returned(row, at));
            case StartAsked _ ->
                    at.wanted() == Wanted.RUNNING
                            ? new Already(row)
                            : new Refused(new Refusal.Busy(at.op()));
            case StopAsked _ ->
                    at.wanted() == Wanted.STOPPED
                            ? new Already(row)
                            : new Refused(new Refusal.Busy(at.op()));
            case MigrationAsked _, DeleteAsked _ -> new Refused(new Refusal.Busy(at.op()));
            case StateCreated _,
                    CreateWithdrawn _,
                    Exited _,
                    Activated _,
                    TargetPrepared _,
                    DeadlineExtended _,
                    SourceReady _,
                    SourceReleased _,
                    TargetLoaded _,
                    NotClaimed _,
                    Aborted _,
                    CleanedUp _,
                    UndeleteAsked _,
                    PurgeAsked _,
                    Event.Purged _ ->
                    new Refused(new Refusal.NotNow(at, event));
        };
    }

    /** The attempt's number becomes the epoch, its directory the state_ref. */
    private static OwnershipRow stored(OwnershipRow row, Recovering at) {
        NodeName lost = row.owner();
        OwnershipRow.Prior prior = new OwnershipRow.Prior(lost, row.requireStateRef(), row.epoch());
        // An earlier hand-over that was still open is over: the state is where this recovery put
        // it.
        OwnershipRow moved =
                row.retiringPrior(at.op())
                        .withPrior(prior)
                        .withEpoch(at.epoch())
                        .ownedBy(at.target(), at.directory());
        return switch (at.wanted()) {
            case RUNNING -> moved.to(new Running(at.op(), Mode.COLD, false, null));
            case STOPPED -> moved.retiringPrior(at.op()).to(new Stopped());
        };
    }

    /** The owner is a member again before the target could take over. */
    private static OwnershipRow returned(OwnershipRow row, Recovering at) {
        OwnershipRow back = withDiscard(row, at).withEpoch(row.freshEpoch());
        return switch (at.wanted()) {
            case RUNNING -> back.to(new Running(at.op(), Mode.COLD, false, null));
            case STOPPED -> back.retiringPrior(at.op()).to(new Stopped());
        };
    }

    private static OwnershipRow withDiscard(OwnershipRow row, Recovering at) {
        return row.owing(
                new CleanUp(Kind.DISCARD, at.target(), at.op(), at.epoch(), at.directory()));
    }
}
