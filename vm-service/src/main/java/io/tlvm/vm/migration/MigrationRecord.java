package io.tlvm.vm.migration;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.row.CleanUp;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.type.v1.SignedStatement;
import io.tlvm.vm.audit.HandOverProof;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One live migration, written in the transactions that change the row, so that it survives whatever
 * the row survives.
 *
 * @param epochAfter the epoch that COMMIT made, or that the abort drew; NONE before
 * @param digest what both sides named, empty before
 * @param why why it was given up, empty while it was not
 * @param gaveUpIn the state in which it was given up
 * @param targetSigned what the target signed when the guest ran there, until the receipt is made
 * @param receipt of the hand-over: "complete", or what is missing; empty before
 */
public record MigrationRecord(
        OperationId op,
        NodeName source,
        NodeName target,
        State state,
        List<PhaseTime> phases,
        Measured.Progress progress,
        Optional<Duration> preSwitchover,
        Optional<Duration> downtime,
        Optional<Duration> adopt,
        Epoch epochBefore,
        Epoch epochAfter,
        String digest,
        boolean sourceDestroyed,
        boolean cancelAsked,
        String why,
        Optional<State> gaveUpIn,
        Instant startTime,
        Optional<Instant> endTime,
        Optional<SignedStatement> targetSigned,
        String receipt) {

    /** One per group of steps, and the three ends. */
    public enum State {
        /** The target makes its directory and key. */
        PREPARING,
        /** Memory is copied. */
        TRANSFERRING,
        /** vCPUs are stopped, the last pieces flow. */
        SWITCHING_OVER,
        /** Both sides confirm. */
        COMMITTING,
        /** The target claims and continues. */
        ADOPTING,
        /** The guest runs on the target, the source destroys its copy. */
        RETIRING,
        /** The guest runs on the target and the source holds nothing. */
        SUCCEEDED,
        /** The guest runs on the source, or is stopped there. */
        ROLLED_BACK,
        /** As ROLLED_BACK, because somebody cancelled. */
        CANCELLED;

        /** Whether nothing changes any more. */
        public boolean ended() {
            return switch (this) {
                case PREPARING, TRANSFERRING, SWITCHING_OVER, COMMITTING, ADOPTING, RETIRING ->
                        false;
                case SUCCEEDED, ROLLED_BACK, CANCELLED -> true;
            };
        }
    }

    /** When a state began. */
    public record PhaseTime(State state, Instant time) {}

    public MigrationRecord {
        phases = List.copyOf(phases);
    }

    /**
     * How long the guest stood still, once it runs on the target. No clock is compared with another
     * node's: the source's part ends, and the target's begins, when everything is loaded.
     */
    public Optional<Duration> pause() {
        return downtime.flatMap(source -> adopt.map(source::plus));
    }

    /** What becomes of the record when {@code event} makes {@code next} of {@code row}. */
    public static Optional<MigrationRecord> after(
            Optional<MigrationRecord> written,
            OwnershipRow row,
            Event event,
            OwnershipRow next,
            Instant now) {
        if (event instanceof Event.MigrationAsked(var op, var target, _)
                && next.phase() instanceof Phase.Migrating) {
            return Optional.of(begun(op, row, target, now));
        }
        return written.map(was -> was.state().ended() ? was : was.follow(row, event, next, now));
    }

    private static MigrationRecord begun(
            OperationId op, OwnershipRow row, NodeName target, Instant now) {
        return new MigrationRecord(
                op,
                row.owner(),
                target,
                State.PREPARING,
                List.of(new PhaseTime(State.PREPARING, now)),
                Measured.Progress.NONE,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                row.epoch(),
                Epoch.NONE,
                "",
                false,
                false,
                "",
                Optional.empty(),
                now,
                Optional.empty(),
                Optional.empty(),
                "");
    }

    private MigrationRecord follow(OwnershipRow row, Event event, OwnershipRow next, Instant now) {
        return switch (event) {
            case Event.TargetPrepared _ when next.phase() instanceof Phase.Migrating ->
                    in(State.TRANSFERRING, now);
            // Another key than the recorded one ends the attempt.
            case Event.TargetPrepared _ -> givenUp("the target answered with another key", next);
            case Event.SourceReady _ -> in(State.SWITCHING_OVER, now);
            case Event.SourceReleased(_, var named) ->
                    named(named.value()).in(State.COMMITTING, now);
            case Event.TargetLoaded _ -> owning(next.epoch()).in(State.ADOPTING, now);
            case Event.Activated _ -> activated(next, now);
            case Event.NotClaimed _ ->
                    next.owner().equals(source)
                            ? givenUp("the target's copy was gone before it was claimed", next)
                            : owning(next.epoch())
                                    .because(
                                            "the loaded copy was lost; the guest was started anew"
                                                    + " from its state");
            case Event.Aborted(_, var reason) -> givenUp(reason, next);
            // In RETIRING the VM had moved: what it still owes is the lost node's.
            case Event.NodeLost(_, var elsewhere) when state != State.RETIRING ->
                    givenUp(
                                    "node %s was given up; the guest is started anew on %s"
                                            .formatted(row.owner(), elsewhere),
                                    next)
                            .in(cancelAsked ? State.CANCELLED : State.ROLLED_BACK, now)
                            .ended(now);
            case Event.Exited _ -> exited(row, next, now);
            case Event.CleanedUp(var cleanUp)
                    when cleanUp.kind() == CleanUp.Kind.RETIRE && cleanUp.op().equals(op) ->
                    destroyed().in(State.SUCCEEDED, now).ended(now);
            case Event.StateCreated _,
                    Event.CreateWithdrawn _,
                    Event.StartAsked _,
                    Event.StopAsked _,
                    Event.StateRefused _,
                    Event.MigrationAsked _,
                    Event.NodeLost _,
                    Event.StateStored _,
                    Event.OwnerReturned _,
                    Event.DeadlineExtended _,
                    Event.CleanedUp _,
                    Event.DeleteAsked _,
                    Event.UndeleteAsked _,
                    Event.PurgeAsked _,
                    Event.Purged _ ->
                    this;
        };
    }

    private MigrationRecord activated(OwnershipRow next, Instant now) {
        if (gaveUpIn.isPresent()) {
            return in(cancelAsked ? State.CANCELLED : State.ROLLED_BACK, now).ended(now);
        }
        return next.owner().equals(target) && state == State.ADOPTING
                ? in(State.RETIRING, now)
                : this;
    }

    private MigrationRecord exited(OwnershipRow row, OwnershipRow next, Instant now) {
        if (next.owner().equals(target) && (state == State.ADOPTING || state == State.RETIRING)) {
            return state == State.ADOPTING ? in(State.RETIRING, now) : this;
        }
        if (!row.owner().equals(source)) {
            return this;
        }
        MigrationRecord over =
                gaveUpIn.isPresent() ? this : givenUp("the guest ended on the source", next);
        return over.in(cancelAsked ? State.CANCELLED : State.ROLLED_BACK, now).ended(now);
    }

    /** The record with what was measured. */
    public MigrationRecord with(Measured measured) {
        if (!measured.op().equals(op) || state.ended()) {
            return this;
        }
        return switch (measured) {
            case Measured.SwitchedOver(_, var pre, var down) ->
                    changed(
                            draft -> {
                                draft.preSwitchover = Optional.of(pre);
                                draft.downtime = Optional.of(down);
                            });
            case Measured.Adopted(_, var adopted) ->
                    changed(draft -> draft.adopt = Optional.of(adopted));
            case Measured.Copied(_, var copied) -> changed(draft -> draft.progress = copied);
            case Measured.CancelAsked _ -> changed(draft -> draft.cancelAsked = true);
            case Measured.TargetSigned(_, var statement) ->
                    changed(draft -> draft.targetSigned = Optional.of(statement));
            case Measured.HandedOver(var proof) ->
                    changed(
                            draft -> {
                                draft.targetSigned = Optional.empty();
                                draft.receipt =
                                        switch (proof) {
                                            case HandOverProof.Proven _ -> "complete";
                                            case HandOverProof.Unproven(_, var missing) -> missing;
                                        };
                            });
        };
    }

    private MigrationRecord in(State entered, Instant now) {
        if (entered == state) {
            return this;
        }
        return changed(
                draft -> {
                    draft.state = entered;
                    draft.phases.add(new PhaseTime(entered, now));
                });
    }

    private MigrationRecord ended(Instant now) {
        return changed(draft -> draft.endTime = Optional.of(now));
    }

    private MigrationRecord givenUp(String reason, OwnershipRow next) {
        return changed(
                draft -> {
                    draft.epochAfter = next.epoch();
                    draft.why = reason;
                    draft.gaveUpIn = Optional.of(state);
                });
    }

    private MigrationRecord owning(Epoch epoch) {
        return changed(draft -> draft.epochAfter = epoch);
    }

    private MigrationRecord because(String reason) {
        return changed(draft -> draft.why = reason);
    }

    private MigrationRecord named(String loaded) {
        return changed(draft -> draft.digest = loaded);
    }

    private MigrationRecord destroyed() {
        return changed(draft -> draft.sourceDestroyed = true);
    }

    private MigrationRecord changed(Consumer<MigrationDraft> change) {
        var draft = new MigrationDraft(this);
        change.accept(draft);
        return draft.written();
    }
}
