package io.tlvm.ownership.model;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.journal.Agent;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.journal.Verdict.Word;
import io.tlvm.ownership.model.Budget.Limit;
import io.tlvm.ownership.model.Move.Kind;
import io.tlvm.ownership.model.Protocol.Guard;
import io.tlvm.ownership.model.World.Envelope;
import io.tlvm.ownership.model.World.Site;
import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.CleanUp;
import io.tlvm.ownership.row.Decision;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.ownership.row.Phase.StopMode;
import io.tlvm.ownership.row.Step;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * Any number of vm-service replicas. A replica that read an old row fails its compare-and-swap, so
 * only what it sent and what it heard outlives the row: commands and events, which are never taken
 * away.
 */
final class Replicas {
    static final Instant DEADLINE = Instant.EPOCH;

    private final Protocol protocol;

    Replicas(Protocol protocol) {
        this.protocol = protocol;
    }

    static OperationId op(int number) {
        return new OperationId(
                String.format(Locale.ROOT, "%08x-0000-0000-0000-000000000000", number));
    }

    List<Move> moves(World world) {
        List<Move> moves = new ArrayList<>();
        for (Event event : heard(world)) {
            add(moves, Kind.PROGRESS, world, event, world.left());
        }
        recoveries(moves, world);
        wishes(moves, world);
        return moves;
    }

    /** Every event that some replica may bring to the row now. */
    Set<Event> heard(World world) {
        Set<Event> events = new HashSet<>(world.said());
        for (Site site : world.sites()) {
            if (site.agentUp()) {
                // What a journal says can be read again whenever the agent is asked.
                for (JournalRecord.Created made : site.view().created().values()) {
                    events.add(
                            new Event.StateCreated(
                                    made.op(),
                                    made.epoch(),
                                    made.directory(),
                                    Agents.identity(world, made.directory())));
                }
                for (JournalRecord.Released released : site.view().released().values()) {
                    events.add(new Event.SourceReleased(released.op(), released.digest()));
                }
                if (site.view().activated() != null) {
                    events.add(new Event.Activated(site.view().activated()));
                }
                if (Agent.unasked(site.view(), site.observed()).orElse(null)
                        instanceof Word.Exited(var epoch)) {
                    events.add(new Event.Exited(epoch));
                }
            }
        }
        for (Event event : world.said()) {
            if (event instanceof Event.NotClaimed(var epoch, _)) {
                OwnershipRow.Prior prior = world.row().prior();
                if (prior != null) {
                    Site source = world.site(prior.owner());
                    if (source.agentUp() && source.is(State.POSTMIGRATE)) {
                        events.add(new Event.NotClaimed(epoch, true));
                    }
                }
            }
        }
        if (world.row().phase() instanceof Phase.Recovering) {
            events.add(new Event.OwnerReturned());
        }
        Attempt attempt = attemptOf(world.row().phase());
        if (attempt != null) {
            events.add(new Event.Aborted(attempt.op(), "deadline"));
        }
        if (world.row().phase() instanceof Phase.Running running) {
            // The clock of a replica that has not seen yet how the attempt ended.
            events.add(new Event.Aborted(running.op(), "deadline"));
        }
        return events;
    }

    static Attempt attemptOf(Phase phase) {
        return switch (phase) {
            case Phase.Migrating(var attempt) -> attempt;
            case Phase.Handover(var attempt) -> attempt;
            case Phase.Released(var attempt, _) -> attempt;
            case Phase.Creating _,
                    Phase.Stopped _,
                    Phase.Running _,
                    Phase.Recovering _,
                    Phase.Deleting _,
                    Phase.Purged _,
                    Phase.Quarantined _ ->
                    null;
        };
    }

    /**
     * Whoever sees that the owner is lost has its VM recovered, and tries again if it takes long.
     */
    private void recoveries(List<Move> moves, World world) {
        Budget b = world.left();
        boolean again = world.row().phase() instanceof Phase.Recovering;
        if (again && !b.has(Limit.RETARGETS)) {
            return;
        }
        for (Site target : world.sites()) {
            add(
                    moves,
                    again ? Kind.WISH : Kind.PROGRESS,
                    world,
                    new Event.NodeLost(op(b.ops() + 1), target.name()),
                    again ? b.spend(Limit.RETARGETS) : b.operation());
        }
    }

    private void wishes(List<Move> moves, World world) {
        Budget b = world.left();
        OperationId op = op(b.ops() + 1);
        if (b.has(Limit.STARTS)) {
            add(moves, Kind.WISH, world, new Event.StartAsked(op), b.spend(Limit.STARTS));
        }
        if (b.has(Limit.STOPS)) {
            for (StopMode mode : StopMode.values()) {
                add(moves, Kind.WISH, world, new Event.StopAsked(op, mode), b.spend(Limit.STOPS));
            }
        }
        if (b.has(Limit.MIGRATIONS)) {
            for (Site site : world.sites()) {
                add(
                        moves,
                        Kind.WISH,
                        world,
                        new Event.MigrationAsked(op, site.name(), DEADLINE),
                        b.spend(Limit.MIGRATIONS));
            }
        }
        if (b.has(Limit.EXTENSIONS)
                && world.row().phase() instanceof Phase.Migrating(var attempt)) {
            add(
                    moves,
                    Kind.WISH,
                    world,
                    new Event.DeadlineExtended(attempt.op(), attempt.deadline().plusSeconds(1)),
                    b.spend(Limit.EXTENSIONS));
        }
        if (b.has(Limit.DELETES)) {
            Budget after = b.spend(Limit.DELETES);
            add(moves, Kind.WISH, world, new Event.DeleteAsked(op, DEADLINE), after);
            add(moves, Kind.WISH, world, new Event.UndeleteAsked(op), after);
            add(moves, Kind.WISH, world, new Event.PurgeAsked(op, new TreeSet<>()), after);
        }
    }

    private void add(List<Move> moves, Kind kind, World world, Event event, Budget after) {
        Budget b = after;
        if (event instanceof Event.CreateWithdrawn) {
            if (!b.has(Limit.RETRIES)) {
                return;
            }
            b = b.spend(Limit.RETRIES);
        }
        if (protocol.decide().decide(world.row(), event, protocol.nodes().apply(world))
                instanceof Decision.Next(var next)) {
            String tag =
                    name(world.row().phase()) + " + " + name(event) + " = " + name(next.phase());
            moves.add(
                    new Move(
                            kind,
                            tag,
                            "v" + next.version() + " e" + next.epoch() + " owner " + next.owner(),
                            commit(world.with(b), next)));
        }
    }

    /** The compare-and-swap, and what is sent after it. */
    World commit(World world, OwnershipRow next) {
        Set<Envelope> commands = new HashSet<>(world.commands());
        for (Step step : protocol.owed().owed(next)) {
            CleanUp cleanUp = step instanceof Step.Destroy(var owed) ? owed : null;
            commands.add(new Envelope(step.node(), Command.of(next.version(), step), cleanUp));
        }
        if (next.phase() instanceof Phase.Creating(var op) && world.left().has(Limit.RETRIES)) {
            NodeName owner = next.owner();
            commands.add(
                    new Envelope(
                            owner, new Command.Withdraw(next.version(), next.epoch(), op), null));
        }
        World committed = world.with(commands, next);
        for (Site site : world.sites()) {
            if (site.scanned() && protocol.has(Guard.SECOND_LOOK)) {
                committed = committed.with(site.scanned(false));
            }
        }
        return committed;
    }

    static String name(Object value) {
        return value.getClass().getSimpleName();
    }
}
