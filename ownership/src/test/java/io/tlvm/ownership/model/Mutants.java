package io.tlvm.ownership.model;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Agent;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.Homecoming;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.Observed;
import io.tlvm.ownership.journal.Observed.Alive;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.journal.RowSeen;
import io.tlvm.ownership.journal.Verdict;
import io.tlvm.ownership.journal.Verdict.Action;
import io.tlvm.ownership.journal.Verdict.Do;
import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.CleanUp;
import io.tlvm.ownership.row.Coordinator;
import io.tlvm.ownership.row.Decision;
import io.tlvm.ownership.row.Decision.Next;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.Nodes;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Step;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The product's rules with one guard taken out each, by wrapping a verdict. */
final class Mutants {
    private Mutants() {}

    // ---- the coordinator's

    static Decision commitsOnLoadedAlone(OwnershipRow row, Event event, Nodes nodes) {
        return row.phase() instanceof Phase.Handover(var attempt)
                        && event instanceof Event.TargetLoaded(var op, var digest)
                        && op.equals(attempt.op())
                ? Coordinator.decide(phase(row, new Phase.Released(attempt, digest)), event, nodes)
                : Coordinator.decide(row, event, nodes);
    }

    /** Asks the target during the hand-over already. */
    static List<Step> asksTargetEarly(OwnershipRow row) {
        List<Step> steps = new ArrayList<>(Coordinator.owed(row));
        if (row.phase() instanceof Phase.Handover(var attempt)) {
            steps.add(new Step.ConfirmLoaded(attempt));
        }
        return steps;
    }

    static Decision retiresAtCommit(OwnershipRow row, Event event, Nodes nodes) {
        Decision decision = Coordinator.decide(row, event, nodes);
        return decision instanceof Next(var next) && isCommit(row, next)
                ? new Next(owingRetire(next, true))
                : decision;
    }

    static Decision forgetsTheSourceAtCommit(OwnershipRow row, Event event, Nodes nodes) {
        Decision decision = Coordinator.decide(row, event, nodes);
        return decision instanceof Next(var next) && isCommit(row, next)
                ? new Next(owingRetire(next, false))
                : decision;
    }

    static Decision activatesByAnyEpoch(OwnershipRow row, Event event, Nodes nodes) {
        return Coordinator.decide(
                row,
                event instanceof Event.Activated ? new Event.Activated(row.epoch()) : event,
                nodes);
    }

    static Decision exitsByAnyEpoch(OwnershipRow row, Event event, Nodes nodes) {
        return Coordinator.decide(
                row, event instanceof Event.Exited ? new Event.Exited(row.epoch()) : event, nodes);
    }

    static Decision abortsAfterCommit(OwnershipRow row, Event event, Nodes nodes) {
        OwnershipRow.Prior prior = row.prior();
        if (prior != null
                && event instanceof Event.Aborted(var op, _)
                && row.phase() instanceof Phase.Running(var running, Mode mode, _, _)
                && mode == Mode.ADOPT
                && op.equals(running)) {
            List<CleanUp> owed = new ArrayList<>(row.cleanUps());
            owed.add(
                    new CleanUp(
                            CleanUp.Kind.DISCARD, row.owner(), op, row.epoch(), row.stateRef()));
            return new Next(
                    new OwnershipRow(
                            row.vm(),
                            row.version().next(),
                            row.freshEpoch(),
                            row.attemptEpoch(),
                            prior.owner(),
                            prior.stateRef(),
                            row.identity(),
                            null,
                            new Phase.Running(op, Mode.RESUME, false, null),
                            owed));
        }
        return Coordinator.decide(row, event, nodes);
    }

    static Decision keepsEpochOnAbort(OwnershipRow row, Event event, Nodes nodes) {
        Decision decision = Coordinator.decide(row, event, nodes);
        return event instanceof Event.Aborted && decision instanceof Next(var next)
                ? new Next(
                        new OwnershipRow(
                                next.vm(),
                                next.version(),
                                row.epoch(),
                                next.attemptEpoch(),
                                next.owner(),
                                next.stateRef(),
                                next.identity(),
                                next.prior(),
                                next.phase(),
                                next.cleanUps()))
                : decision;
    }

    /** Starts from the directory of the row's epoch instead of the one that the row names. */
    static List<Step> derivesDirectory(OwnershipRow row) {
        return Coordinator.owed(row).stream()
                .map(
                        step ->
                                step instanceof Step.Run(var node, var op, var epoch, var mode, _)
                                        ? new Step.Run(
                                                node,
                                                op,
                                                epoch,
                                                mode,
                                                StateRef.ofAttempt(epoch, op))
                                        : step)
                .toList();
    }

    /** What a replica read of the node rows once counts for ever. */
    static Nodes remembersFences(World world) {
        return nodes(world::isUp, node -> world.site(node).everFenced());
    }

    static Nodes takesFromAnyNode(World world) {
        return nodes(world::isUp, node -> true);
    }

    /**
     * But a return needs a node that is UP: without that, row and recovery chase each other for
     * ever.
     */
    static Decision givesToAnyNode(OwnershipRow row, Event event, Nodes nodes) {
        return Coordinator.decide(
                row,
                event,
                event instanceof Event.OwnerReturned
                        ? nodes
                        : nodes(node -> true, nodes::isFenced));
    }

    private static Nodes nodes(Predicate<NodeName> up, Predicate<NodeName> fenced) {
        return new Nodes() {
            @Override
            public boolean isUp(NodeName node) {
                return up.test(node);
            }

            @Override
            public boolean isFenced(NodeName node) {
                return fenced.test(node);
            }
        };
    }

    static Decision adoptsWhatALostSourceDidNotRelease(OwnershipRow row, Event event, Nodes nodes) {
        return nodes.isFenced(row.owner())
                ? commitsOnLoadedAlone(row, event, nodes)
                : Coordinator.decide(row, event, nodes);
    }

    /** Recovers from the directory of the row's epoch instead of the one that the row names. */
    static List<Step> derivesLostDirectory(OwnershipRow row) {
        return Coordinator.owed(row).stream()
                .map(
                        step ->
                                step instanceof Step.StoreState store
                                        ? new Step.StoreState(
                                                store.node(),
                                                store.op(),
                                                store.epoch(),
                                                store.source(),
                                                StateRef.ofAttempt(row.epoch(), store.op()),
                                                store.into())
                                        : step)
                .toList();
    }

    static Decision retiresBeforeStored(OwnershipRow row, Event event, Nodes nodes) {
        Decision decision = Coordinator.decide(row, event, nodes);
        if (!(event instanceof Event.NodeLost(var op, _))
                || !(decision instanceof Next(var next))) {
            return decision;
        }
        List<CleanUp> owed = new ArrayList<>(next.cleanUps());
        owed.add(new CleanUp(CleanUp.Kind.RETIRE, row.owner(), op, row.epoch(), row.stateRef()));
        return new Next(
                new OwnershipRow(
                        next.vm(),
                        next.version(),
                        next.epoch(),
                        next.attemptEpoch(),
                        next.owner(),
                        next.stateRef(),
                        next.identity(),
                        next.prior(),
                        next.phase(),
                        owed));
    }

    static Decision takesAnyStoredState(OwnershipRow row, Event event, Nodes nodes) {
        return Coordinator.decide(
                row,
                event instanceof Event.StateStored(_, _, var digest)
                                && row.phase() instanceof Phase.Recovering at
                        ? new Event.StateStored(at.op(), at.epoch(), digest)
                        : event,
                nodes);
    }

    private static boolean isCommit(OwnershipRow row, OwnershipRow next) {
        return row.phase() instanceof Phase.Released && next.prior() != null;
    }

    private static OwnershipRow owingRetire(OwnershipRow row, boolean keepsPrior) {
        OwnershipRow.Prior prior = row.prior();
        Attempt attempt = Replicas.attemptOf(row.phase());
        var op = attempt != null ? attempt.op() : ((Phase.Running) row.phase()).op();
        List<CleanUp> owed = new ArrayList<>(row.cleanUps());
        owed.add(
                new CleanUp(
                        CleanUp.Kind.RETIRE, prior.owner(), op, prior.epoch(), prior.stateRef()));
        return new OwnershipRow(
                row.vm(),
                row.version(),
                row.epoch(),
                row.attemptEpoch(),
                row.owner(),
                row.stateRef(),
                row.identity(),
                keepsPrior ? prior : null,
                row.phase(),
                owed);
    }

    private static OwnershipRow phase(OwnershipRow row, Phase phase) {
        return new OwnershipRow(
                row.vm(),
                row.version(),
                row.epoch(),
                row.attemptEpoch(),
                row.owner(),
                row.stateRef(),
                row.identity(),
                row.prior(),
                phase,
                row.cleanUps());
    }

    // ---- the agent's

    static Verdict ignoresRowVersion(AgentView view, Command command, Observed observed) {
        return Agent.decide(
                new AgentView(
                        RowVersion.NONE,
                        view.floorEpoch(),
                        view.created(),
                        view.prepared(),
                        view.outgoing(),
                        view.loaded(),
                        view.released(),
                        view.storing(),
                        view.stored(),
                        view.claim(),
                        view.activated(),
                        view.refused(),
                        view.tombstones(),
                        view.purged()),
                command,
                observed);
    }

    static Verdict ignoresFloor(AgentView view, Command command, Observed observed) {
        return Agent.decide(
                new AgentView(
                        view.rowVersion(),
                        Epoch.NONE,
                        view.created(),
                        view.prepared(),
                        view.outgoing(),
                        view.loaded(),
                        view.released(),
                        view.storing(),
                        view.stored(),
                        view.claim(),
                        view.activated(),
                        view.refused(),
                        view.tombstones(),
                        view.purged()),
                command,
                observed);
    }

    static Verdict startsAnEpochTwice(AgentView view, Command command, Observed observed) {
        boolean gone =
                command instanceof Command.Run(_, var epoch, _, var mode, _)
                        && mode == Mode.COLD
                        && view.claimOf(epoch).isPresent()
                        && observed instanceof Observed.Nothing;
        return Agent.decide(gone ? claiming(view, null) : view, command, observed);
    }

    static Verdict wakesAnEndedGuest(AgentView view, Command command, Observed observed) {
        return Agent.decide(
                view,
                command,
                command instanceof Command.Run
                                && observed instanceof Alive(var process, var state)
                                && state == State.ENDED
                        ? new Alive(process, State.PAUSED)
                        : observed);
    }

    static Verdict ignoresTombstoneOfCreate(AgentView view, Command command, Observed observed) {
        return Agent.decide(
                command instanceof Command.Create
                        ? forgetting(view, Map.of(), view.loaded())
                        : view,
                command,
                observed);
    }

    static Verdict withdrawsWhatIsMade(AgentView view, Command command, Observed observed) {
        return Agent.decide(
                command instanceof Command.Withdraw
                        ? new AgentView(
                                view.rowVersion(),
                                view.floorEpoch(),
                                Map.of(),
                                view.prepared(),
                                view.outgoing(),
                                view.loaded(),
                                view.released(),
                                view.storing(),
                                view.stored(),
                                view.claim(),
                                view.activated(),
                                view.refused(),
                                view.tombstones(),
                                view.purged())
                        : view,
                command,
                observed);
    }

    static Verdict preparesTwice(AgentView view, Command command, Observed observed) {
        return Agent.decide(
                command instanceof Command.Prepare && observed instanceof Observed.Nothing
                        ? forgetting(view, Map.of(), Map.of())
                        : view,
                command,
                observed);
    }

    static Verdict preparesTwiceAndVouchesBlindly(
            AgentView view, Command command, Observed observed) {
        return command instanceof Command.ConfirmLoaded confirm
                        && view.loaded().containsKey(confirm.op())
                ? Agent.decide(view, command, new Alive(confirm.epoch(), State.LOADED))
                : preparesTwice(view, command, observed);
    }

    static Verdict discardsAfterClaim(AgentView view, Command command, Observed observed) {
        return Agent.decide(
                command instanceof Command.Discard ? claiming(view, null) : view,
                command,
                observed);
    }

    static Verdict adoptsWithoutLooking(AgentView view, Command command, Observed observed) {
        return command instanceof Command.Run run
                        && run.mode() == Mode.ADOPT
                        && observed instanceof Alive(var process, var state)
                        && state == State.INCOMING
                ? Agent.decide(view, command, new Alive(process, State.LOADED))
                : Agent.decide(view, command, observed);
    }

    static Verdict resumesAnyCopy(AgentView view, Command command, Observed observed) {
        return command instanceof Command.Run run
                        && run.mode() == Mode.RESUME
                        && view.claimOf(run.epoch()).isEmpty()
                        && observed instanceof Alive(var process, var state)
                        && state != State.ENDED
                        && !run.rowVersion().isBefore(view.rowVersion())
                ? new Do(
                        List.of(
                                new JournalRecord.Seen(run.rowVersion(), run.epoch()),
                                new JournalRecord.Claim(
                                        run.op(),
                                        run.epoch(),
                                        run.mode(),
                                        run.directory(),
                                        process)),
                        new Action.Resume())
                : Agent.decide(view, command, observed);
    }

    static Verdict storesAfterDiscard(AgentView view, Command command, Observed observed) {
        return Agent.decide(
                command instanceof Command.StoreState
                        ? forgetting(view, view.prepared(), view.loaded())
                        : view,
                command,
                observed);
    }

    static Homecoming keepsItsJournal(
            AgentView view, Observed observed, NodeName self, RowSeen row) {
        Homecoming home = Homecoming.of(view, observed, self, row);
        return new Homecoming(List.of(), home.kills(), home.spares());
    }

    static Homecoming sparesNothing(AgentView view, Observed observed, NodeName self, RowSeen row) {
        Homecoming home = Homecoming.of(view, observed, self, row);
        return new Homecoming(home.first(), home.kills(), Set.of());
    }

    private static AgentView claiming(AgentView view, JournalRecord.Claim claim) {
        return new AgentView(
                view.rowVersion(),
                view.floorEpoch(),
                view.created(),
                view.prepared(),
                view.outgoing(),
                view.loaded(),
                view.released(),
                view.storing(),
                view.stored(),
                claim,
                view.activated(),
                view.refused(),
                view.tombstones(),
                view.purged());
    }

    private static AgentView forgetting(
            AgentView view,
            Map<OperationId, JournalRecord.Prepared> prepared,
            Map<OperationId, JournalRecord.Loaded> loaded) {
        return new AgentView(
                view.rowVersion(),
                view.floorEpoch(),
                view.created(),
                prepared,
                view.outgoing(),
                loaded,
                view.released(),
                view.storing(),
                view.stored(),
                view.claim(),
                view.activated(),
                Set.of(),
                Set.of(),
                view.purged());
    }
}
