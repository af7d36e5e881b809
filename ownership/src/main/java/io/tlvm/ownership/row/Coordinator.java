package io.tlvm.ownership.row;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.row.Decision.Already;
import io.tlvm.ownership.row.Decision.Next;
import io.tlvm.ownership.row.Decision.Refused;
import io.tlvm.ownership.row.Event.*;
import io.tlvm.ownership.row.Phase.Creating;
import io.tlvm.ownership.row.Phase.Deleting;
import io.tlvm.ownership.row.Phase.Handover;
import io.tlvm.ownership.row.Phase.Migrating;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.Quarantined;
import io.tlvm.ownership.row.Phase.Recovering;
import io.tlvm.ownership.row.Phase.Released;
import io.tlvm.ownership.row.Phase.Running;
import io.tlvm.ownership.row.Phase.StopOrder;
import io.tlvm.ownership.row.Phase.Stopped;
import io.tlvm.ownership.row.Phase.Wanted;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The coordinator's half of the ownership protocol. Pure: a row and an event make a decision, a row
 * alone says what is owed. The driver that writes rows reads the node rows in the same transaction
 * and hands them in.
 *
 * <pre>
 * CREATING    StateCreated → STOPPED        CreateWithdrawn → CREATING(next node, fresh epoch)
 *             PurgeAsked → PURGED
 * STOPPED     StartAsked → RUNNING(cold)    DeleteAsked → DELETING
 * RUNNING     Activated, StopAsked → RUNNING    Exited → STOPPED    MigrationAsked → MIGRATING
 *             NotClaimed → RUNNING(source resumes, or cold)    StateRefused → QUARANTINED
 * MIGRATING   TargetPrepared, DeadlineExtended → MIGRATING     SourceReady → HANDOVER
 * HANDOVER    SourceReleased → RELEASED
 *             MIGRATING and HANDOVER: Exited → STOPPED
 * RELEASED    TargetLoaded → RUNNING(adopt)
 *             MIGRATING, HANDOVER and RELEASED: Aborted → RUNNING(resume)
 * STOPPED, RUNNING, MIGRATING, HANDOVER, and RELEASED where the target is not UP either:
 *             NodeLost → RECOVERING
 * RECOVERING  StateStored → RUNNING(target, cold) or STOPPED(target)    NodeLost → RECOVERING(next)
 *             OwnerReturned → RUNNING(owner, cold) or STOPPED(owner)    StateRefused → QUARANTINED
 * DELETING    UndeleteAsked → STOPPED       PurgeAsked → PURGED
 * QUARANTINED DeleteAsked → DELETING
 * </pre>
 */
public final class Coordinator {
    private Coordinator() {}

    /** What {@code event} makes of {@code row}. */
    public static Decision decide(OwnershipRow row, Event event, Nodes nodes) {
        if (event instanceof CleanedUp(var cleanUp)) {
            return row.cleanUps().contains(cleanUp)
                    ? new Next(row.without(cleanUp).to(row.phase()))
                    : new Already(row);
        }
        return switch (row.phase()) {
            case Creating phase -> creating(row, phase, event, nodes);
            case Stopped phase -> stopped(row, phase, event, nodes);
            case Running phase -> RunningPhase.decide(row, phase, event, nodes);
            case Migrating phase -> AttemptPhases.migrating(row, phase, event, nodes);
            case Handover phase -> AttemptPhases.handover(row, phase, event, nodes);
            case Recovering phase -> RecoveringPhase.decide(row, phase, event, nodes);
            case Released phase -> AttemptPhases.released(row, phase, event, nodes);
            case Deleting phase -> deleting(row, phase, event);
            case Phase.Purged phase -> purged(row, phase, event);
            case Quarantined phase -> quarantined(row, phase, event);
        };
    }

    private static Decision creating(OwnershipRow row, Creating at, Event event, Nodes nodes) {
        return switch (event) {
            case StateCreated(var op, var epoch, var directory, var identity) -> {
                if (!op.equals(at.op())) {
                    yield new Refused(new Refusal.OtherOperation(op, at.op()));
                }
                if (!epoch.equals(row.epoch())) {
                    yield new Refused(new Refusal.OtherEpoch(epoch, row.epoch()));
                }
                yield new Next(
                        row.ownedBy(row.owner(), directory)
                                .withIdentity(identity)
                                .to(new Stopped()));
            }
            case CreateWithdrawn(var op, var epoch, var next) -> {
                if (!op.equals(at.op())) {
                    yield new Refused(new Refusal.OtherOperation(op, at.op()));
                }
                if (!epoch.equals(row.epoch())) {
                    yield new Refused(new Refusal.OtherEpoch(epoch, row.epoch()));
                }
                if (!nodes.isUp(next)) {
                    yield new Refused(new Refusal.NodeNotUp(next));
                }
                yield new Next(row.withEpoch(row.freshEpoch()).createdBy(next).to(at));
            }
            case DeleteAsked(var op, var purgeTime) -> new Refused(new Refusal.Busy(at.op()));
            // No guest ever ran, so there is nothing to keep; whatever was made meanwhile goes too.
            case PurgeAsked(var op, var holders) -> purge(row, op, holders);
            case StartAsked _, StopAsked _, MigrationAsked _ ->
                    new Refused(new Refusal.Busy(at.op()));
            case Exited _,
                    Activated _,
                    StateRefused _,
                    TargetPrepared _,
                    DeadlineExtended _,
                    SourceReady _,
                    SourceReleased _,
                    TargetLoaded _,
                    NotClaimed _,
                    Aborted _,
                    NodeLost _,
                    StateStored _,
                    OwnerReturned _,
                    CleanedUp _,
                    UndeleteAsked _,
                    Event.Purged _ ->
                    new Refused(new Refusal.NotNow(at, event));
        };
    }

    private static Decision stopped(OwnershipRow row, Stopped at, Event event, Nodes nodes) {
        return switch (event) {
            case StartAsked(var op) ->
                    nodes.isUp(row.owner())
                            ? new Next(
                                    row.withEpoch(row.freshEpoch())
                                            .to(new Running(op, Mode.COLD, false, null)))
                            : new Refused(new Refusal.NodeNotUp(row.owner()));
            case NodeLost lost -> RecoveringPhase.begin(row, lost, Wanted.STOPPED, nodes);
            case StopAsked _ -> new Already(row);
            case DeleteAsked(var op, var purgeTime) -> new Next(row.to(new Deleting(purgeTime)));
            // A late report of what the row knows already.
            case Exited _, StateCreated _ -> new Already(row);
            case CreateWithdrawn _,
                    MigrationAsked _,
                    Activated _,
                    StateRefused _,
                    TargetPrepared _,
                    DeadlineExtended _,
                    SourceReady _,
                    SourceReleased _,
                    TargetLoaded _,
                    NotClaimed _,
                    Aborted _,
                    StateStored _,
                    OwnerReturned _,
                    CleanedUp _,
                    UndeleteAsked _,
                    PurgeAsked _,
                    Event.Purged _ ->
                    new Refused(new Refusal.NotNow(at, event));
        };
    }

    private static Decision deleting(OwnershipRow row, Deleting at, Event event) {
        return switch (event) {
            case UndeleteAsked _ -> new Next(row.to(new Stopped()));
            case DeleteAsked _ -> new Already(row);
            case PurgeAsked(var op, var holders) -> purge(row, op, holders);
            case Exited _ -> new Already(row);
            case StateCreated _,
                    CreateWithdrawn _,
                    StartAsked _,
                    StopAsked _,
                    Activated _,
                    StateRefused _,
                    MigrationAsked _,
                    TargetPrepared _,
                    DeadlineExtended _,
                    SourceReady _,
                    SourceReleased _,
                    TargetLoaded _,
                    NotClaimed _,
                    Aborted _,
                    NodeLost _,
                    StateStored _,
                    OwnerReturned _,
                    CleanedUp _,
                    Event.Purged _ ->
                    new Refused(new Refusal.NotNow(at, event));
        };
    }

    /** A purge covers what was owed for itself, so whoever owed it owes a receipt instead. */
    private static Decision purge(OwnershipRow row, OperationId op, SortedSet<NodeName> holders) {
        SortedSet<NodeName> owing = new TreeSet<>(holders);
        owing.add(row.owner());
        row.cleanUps().forEach(cleanUp -> owing.add(cleanUp.node()));
        OwnershipRow.Prior prior = row.prior();
        if (prior != null) {
            owing.add(prior.owner());
        }
        return new Next(row.withPrior(null).owingNothing().to(new Phase.Purged(op, owing)));
    }

    private static Decision purged(OwnershipRow row, Phase.Purged at, Event event) {
        return switch (event) {
            case Event.Purged(var node) -> {
                if (!at.receiptsOwed().contains(node)) {
                    yield new Already(row);
                }
                SortedSet<NodeName> left = new TreeSet<>(at.receiptsOwed());
                left.remove(node);
                yield new Next(row.to(new Phase.Purged(at.op(), left)));
            }
            case PurgeAsked _, DeleteAsked _, Exited _ -> new Already(row);
            case StateCreated _,
                    CreateWithdrawn _,
                    StartAsked _,
                    StopAsked _,
                    Activated _,
                    StateRefused _,
                    MigrationAsked _,
                    TargetPrepared _,
                    DeadlineExtended _,
                    SourceReady _,
                    SourceReleased _,
                    TargetLoaded _,
                    NotClaimed _,
                    Aborted _,
                    NodeLost _,
                    StateStored _,
                    OwnerReturned _,
                    CleanedUp _,
                    UndeleteAsked _ ->
                    new Refused(new Refusal.NotNow(at, event));
        };
    }

    private static Decision quarantined(OwnershipRow row, Quarantined at, Event event) {
        return switch (event) {
            case DeleteAsked(var op, var purgeTime) -> new Next(row.to(new Deleting(purgeTime)));
            case StateRefused _, Exited _ -> new Already(row);
            case StateCreated _,
                    CreateWithdrawn _,
                    StartAsked _,
                    StopAsked _,
                    Activated _,
                    MigrationAsked _,
                    TargetPrepared _,
                    DeadlineExtended _,
                    SourceReady _,
                    SourceReleased _,
                    TargetLoaded _,
                    NotClaimed _,
                    Aborted _,
                    NodeLost _,
                    StateStored _,
                    OwnerReturned _,
                    CleanedUp _,
                    UndeleteAsked _,
                    PurgeAsked _,
                    Event.Purged _ ->
                    new Refused(new Refusal.NotNow(at, event));
        };
    }

    /**
     * The calls that the row is owed, the one that decides its phase first. Derived from the row as
     * it is: after any compare-and-swap it is computed again and sent with the new row version.
     */
    public static List<Step> owed(OwnershipRow row) {
        List<Step> steps = new ArrayList<>();
        NodeName owner = row.owner();
        switch (row.phase()) {
            case Creating(var op) -> steps.add(new Step.CreateState(owner, op, row.epoch()));
            case Running(_, var mode, var activated, StopOrder(var op, var how))
                    when stopsNow(mode, activated, how) ->
                    steps.add(new Step.Stop(owner, op, row.epoch(), how));
            case Running(var op, var mode, var activated, _) -> {
                if (!activated) {
                    steps.add(new Step.Run(owner, op, row.epoch(), mode, row.requireStateRef()));
                }
            }
            case Migrating(var attempt) ->
                    steps.add(
                            attempt.prepared() == null
                                    ? new Step.PrepareTarget(attempt, owner)
                                    : new Step.Transfer(attempt, owner, row.epoch()));
            case Handover(var attempt) ->
                    steps.add(new Step.SwitchOver(attempt, owner, row.epoch()));
            case Released(var attempt, _) -> steps.add(new Step.ConfirmLoaded(attempt));
            case Recovering(var op, var target, var epoch, var directory, _) ->
                    steps.add(
                            new Step.StoreState(
                                    target, op, epoch, owner, row.requireStateRef(), directory));
            case Phase.Purged(var op, var receiptsOwed) ->
                    receiptsOwed.forEach(node -> steps.add(new Step.Purge(node, op)));
            case Stopped _, Deleting _, Quarantined _ -> {
                // settled
            }
        }
        row.cleanUps().forEach(cleanUp -> steps.add(new Step.Destroy(cleanUp)));
        return steps;
    }

    /**
     * A paused copy of a guest hears no power button: it runs first, unless the user gave it up. A
     * cold start that did not happen yet need not happen.
     */
    private static boolean stopsNow(Mode mode, boolean activated, Phase.StopMode how) {
        return activated || mode == Mode.COLD || how == Phase.StopMode.FORCED;
    }
}
