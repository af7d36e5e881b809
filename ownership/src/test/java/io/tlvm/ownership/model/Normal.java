package io.tlvm.ownership.model;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.JournalRecord.Claim;
import io.tlvm.ownership.journal.Verdict;
import io.tlvm.ownership.model.Protocol.Guard;
import io.tlvm.ownership.model.World.Envelope;
import io.tlvm.ownership.model.World.Process;
import io.tlvm.ownership.model.World.Site;
import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.CleanUp;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Makes worlds that behave alike equal: forgets events that no row from here on takes, commands
 * that no agent obeys any more and journal records that no command can ask for again, and numbers
 * row versions by rank. {@link Proof} shows afterwards, over everything that was reached, that
 * nothing was forgotten that still counts.
 */
final class Normal {
    private Normal() {}

    static World of(World world, Protocol protocol) {
        boolean forgets = protocol.has(Guard.FORGETTING);
        Set<Event> said = new HashSet<>(world.said());
        if (forgets) {
            said.removeIf(event -> dead(world.row(), event));
        }
        Set<Envelope> commands = new HashSet<>(world.commands());
        if (forgets) {
            commands.removeIf(
                    envelope -> stale(world.site(envelope.to()), envelope.command(), protocol));
        }
        World smaller =
                new World(
                        world.row(),
                        world.sites(),
                        world.copies(),
                        commands,
                        said,
                        world.left(),
                        world.lastSeq(),
                        world.tpmsMade());
        return forgets ? ranked(smaller) : smaller;
    }

    /**
     * Refused now, whatever lives there; and for ever, because what a journal has seen only grows.
     */
    private static boolean stale(Site site, Command command, Protocol protocol) {
        if (!command.rowVersion().isBefore(site.view().rowVersion())) {
            return false;
        }
        if (!(protocol.agent().decide(site.view(), command, site.observed())
                instanceof Verdict.Refuse(Verdict.Reason.Stale _))) {
            throw new IllegalStateException("an old command is not refused as stale: " + command);
        }
        return true;
    }

    /** True when neither this row nor one that follows from it takes the event. */
    static boolean dead(OwnershipRow row, Event event) {
        Phase phase = row.phase();
        Attempt attempt = Replicas.attemptOf(phase);
        return switch (event) {
            case Event.StateCreated(_, var epoch, _, _) ->
                    epoch.isBefore(row.epoch()) || !(phase instanceof Phase.Creating);
            case Event.CreateWithdrawn(_, var epoch, _) ->
                    epoch.isBefore(row.epoch()) || !(phase instanceof Phase.Creating);
            case Event.Exited(var epoch) -> epoch.isBefore(row.epoch()) || isOver(phase);
            case Event.Activated(var epoch) ->
                    epoch.isBefore(row.epoch()) || isOver(phase) || attempt != null;
            case Event.StateRefused(var epoch, _) ->
                    epoch.isBefore(row.epoch()) || rests(phase) || attempt != null;
            case Event.StateStored(_, var epoch, _) ->
                    !(phase instanceof Phase.Recovering recovering)
                            || !recovering.epoch().equals(epoch);
            case Event.NotClaimed(var epoch, _) ->
                    epoch.isBefore(row.epoch()) || isOver(phase) || attempt != null;
            case Event.TargetPrepared(var op, _) ->
                    attempt == null
                            || !attempt.op().equals(op)
                            || !(phase instanceof Phase.Migrating);
            case Event.SourceReady(var op) ->
                    attempt == null
                            || !attempt.op().equals(op)
                            || !(phase instanceof Phase.Migrating);
            case Event.SourceReleased(var op, _) ->
                    attempt == null || !attempt.op().equals(op) || phase instanceof Phase.Released;
            case Event.TargetLoaded(var op, _) -> attempt == null || !attempt.op().equals(op);
            case Event.CleanedUp(var cleanUp) -> !row.cleanUps().contains(cleanUp);
            case Event.Purged(var node) ->
                    phase instanceof Phase.Purged(_, var owed) && !owed.contains(node);
            case Event.NodeLost _,
                    Event.OwnerReturned _,
                    Event.StartAsked _,
                    Event.StopAsked _,
                    Event.MigrationAsked _,
                    Event.DeadlineExtended _,
                    Event.Aborted _,
                    Event.DeleteAsked _,
                    Event.UndeleteAsked _,
                    Event.PurgeAsked _ ->
                    false;
        };
    }

    /** Whatever ran under the row's epoch will not count under the next one. */
    private static boolean isOver(Phase phase) {
        return rests(phase) || phase instanceof Phase.Recovering;
    }

    private static boolean rests(Phase phase) {
        return phase instanceof Phase.Stopped
                || phase instanceof Phase.Deleting
                || phase instanceof Phase.Purged
                || phase instanceof Phase.Quarantined;
    }

    private static World ranked(World world) {
        TreeMap<RowVersion, RowVersion> ranks = new TreeMap<>();
        ranks.put(world.row().version(), RowVersion.NONE);
        world.commands()
                .forEach(envelope -> ranks.put(envelope.command().rowVersion(), RowVersion.NONE));
        RowVersion rank = RowVersion.NONE;
        for (Map.Entry<RowVersion, RowVersion> entry : ranks.entrySet()) {
            rank = rank.next();
            entry.setValue(rank);
        }
        OwnershipRow row = world.row();
        RowVersion top = ranks.get(row.version());
        OwnershipRow ranked =
                new OwnershipRow(
                        row.vm(),
                        top,
                        row.epoch(),
                        row.attemptEpoch(),
                        row.owner(),
                        row.stateRef(),
                        row.identity(),
                        row.prior(),
                        row.phase(),
                        row.cleanUps());
        Set<Envelope> commands = new HashSet<>();
        Map<NodeName, RowVersion> lowest = new HashMap<>();
        for (Envelope envelope : world.commands()) {
            Command command = at(ranks.get(envelope.command().rowVersion()), envelope.command());
            commands.add(new Envelope(envelope.to(), command, envelope.cleanUp()));
            lowest.merge(envelope.to(), command.rowVersion(), (a, b) -> a.isBefore(b) ? a : b);
        }
        List<Site> sites = new ArrayList<>();
        for (Site site : world.sites()) {
            RowVersion seen = lowest.getOrDefault(site.name(), top);
            sites.add(site.with(journal(world, site, seen)).forgettingFences());
        }
        return new World(
                ranked,
                sites,
                world.copies(),
                commands,
                world.said(),
                world.left(),
                world.lastSeq(),
                world.tpmsMade());
    }

    /** What later commands can still ask of a journal. */
    private static AgentView journal(World world, Site site, RowVersion seen) {
        AgentView view = site.view();
        Set<OperationId> asked = new HashSet<>();
        Set<Epoch> epochs = new HashSet<>();
        boolean floored = false;
        for (Envelope envelope : world.commands()) {
            if (envelope.to().equals(site.name())) {
                asked.add(envelope.command().op());
                epochs.add(envelope.command().epoch());
                floored |= envelope.command().epoch().isBefore(view.floorEpoch());
            }
        }
        OwnershipRow row = world.row();
        switch (row.phase()) {
            case Phase.Creating(var op) -> asked.add(op);
            case Phase.Running(var op, _, _, _) -> asked.add(op);
            case Phase.Migrating(var attempt) -> asked.add(attempt.op());
            case Phase.Handover(var attempt) -> asked.add(attempt.op());
            case Phase.Released(var attempt, _) -> asked.add(attempt.op());
            case Phase.Recovering recovering -> asked.add(recovering.op());
            case Phase.Stopped _, Phase.Deleting _, Phase.Purged _, Phase.Quarantined _ -> {
                // no operation
            }
        }
        for (CleanUp cleanUp : row.cleanUps()) {
            if (cleanUp.node().equals(site.name())) {
                asked.add(cleanUp.op());
            }
        }
        Process process = site.process();
        if (process != null && process.op() != null) {
            asked.add(process.op());
        }
        Claim claim = view.claim();
        boolean claimCounts =
                claim != null
                        && (process != null
                                || !claim.epoch().isBefore(row.epoch())
                                || epochs.contains(claim.epoch())
                                || row.cleanUps().stream()
                                        .anyMatch(
                                                owed ->
                                                        claim.directory()
                                                                .equals(owed.directory())));
        Claim kept = claimCounts ? claim : null;
        Map<OperationId, JournalRecord.Released> released = new HashMap<>(view.released());
        released.values()
                .removeIf(
                        one ->
                                !asked.contains(one.op())
                                        && (kept == null || !one.epoch().equals(kept.epoch())));
        Set<JournalRecord.Tombstone> tombstones = new HashSet<>(view.tombstones());
        tombstones.removeIf(one -> !asked.contains(one.op()));
        Set<OperationId> refused = new HashSet<>(view.refused());
        refused.retainAll(asked);
        return new AgentView(
                seen,
                floored ? view.floorEpoch() : Epoch.NONE,
                only(view.created(), asked),
                only(view.prepared(), asked),
                only(view.outgoing(), asked),
                only(view.loaded(), asked),
                released,
                only(view.storing(), asked),
                only(view.stored(), asked),
                kept,
                kept != null && kept.epoch().equals(view.activated()) ? view.activated() : null,
                refused,
                tombstones,
                view.purged());
    }

    private static <V> Map<OperationId, V> only(Map<OperationId, V> all, Set<OperationId> asked) {
        Map<OperationId, V> some = new HashMap<>(all);
        some.keySet().retainAll(asked);
        return some;
    }

    private static Command at(RowVersion version, Command command) {
        return switch (command) {
            case Command.Create c -> new Command.Create(version, c.epoch(), c.op());
            case Command.Withdraw c -> new Command.Withdraw(version, c.epoch(), c.op());
            case Command.Run c ->
                    new Command.Run(version, c.epoch(), c.op(), c.mode(), c.directory());
            case Command.Stop c -> new Command.Stop(version, c.epoch(), c.op(), c.mode());
            case Command.Prepare c -> new Command.Prepare(version, c.epoch(), c.op(), c.source());
            case Command.BeginOutgoing c ->
                    new Command.BeginOutgoing(version, c.epoch(), c.op(), c.target());
            case Command.Continue c -> new Command.Continue(version, c.epoch(), c.op());
            case Command.ConfirmLoaded c -> new Command.ConfirmLoaded(version, c.epoch(), c.op());
            case Command.Discard c -> new Command.Discard(version, c.epoch(), c.op());
            case Command.Retire c -> new Command.Retire(version, c.epoch(), c.op(), c.directory());
            case Command.StoreState c ->
                    new Command.StoreState(
                            version, c.epoch(), c.op(), c.source(), c.from(), c.into());
            case Command.Purge c -> new Command.Purge(version, c.epoch(), c.op());
        };
    }
}
