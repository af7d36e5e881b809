package io.tlvm.ownership.model;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.journal.Verdict;
import io.tlvm.ownership.journal.Verdict.Action;
import io.tlvm.ownership.journal.Verdict.Word;
import io.tlvm.ownership.model.Budget.Limit;
import io.tlvm.ownership.model.Move.Kind;
import io.tlvm.ownership.model.World.Copy;
import io.tlvm.ownership.model.World.Envelope;
import io.tlvm.ownership.model.World.Process;
import io.tlvm.ownership.model.World.Site;
import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.GuestIdentity;
import io.tlvm.ownership.row.OwnershipRow;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Agents that obey commands: append, sync, act, answer; with a crash in every gap. */
final class Agents {
    private final Protocol protocol;

    Agents(Protocol protocol) {
        this.protocol = protocol;
    }

    List<Move> moves(World world) {
        List<Move> moves = new ArrayList<>();
        for (Envelope envelope : world.commands()) {
            Site site = world.site(envelope.to());
            if (site.agentUp()) {
                deliver(moves, world, site, envelope);
            }
        }
        return moves;
    }

    private void deliver(List<Move> moves, World world, Site site, Envelope envelope) {
        Command command = envelope.command();
        switch (protocol.agent().decide(site.view(), command, site.observed())) {
            case Verdict.Refuse _ -> {
                // no trace
            }
            case Verdict.Answer(var first, var word) -> {
                World next = answered(world.with(append(site, first)), envelope, word);
                moves.add(
                        new Move(
                                Kind.PROGRESS,
                                Replicas.name(command) + " answered " + Replicas.name(word),
                                on(site, command),
                                next));
            }
            case Verdict.Do(var first, var action) -> {
                World journaled = world.with(append(site, first));
                String tag = Replicas.name(command) + " does " + Replicas.name(action);
                moves.add(
                        new Move(
                                Kind.PROGRESS,
                                tag,
                                on(site, command),
                                act(journaled, envelope, action)));
                if (world.left().has(Limit.CRASHES)) {
                    moves.add(
                            new Move(
                                    Kind.FAULT,
                                    "crash after journal, before action",
                                    tag + " " + on(site, command),
                                    Plant.agentDies(journaled, site.name())));
                    halfway(moves, journaled, envelope, action);
                }
            }
        }
    }

    private static String on(Site site, Command command) {
        return "at " + site.name() + " (v" + command.rowVersion() + " e" + command.epoch() + ")";
    }

    private static Site append(Site site, List<JournalRecord> records) {
        AgentView view = site.view();
        for (JournalRecord one : records) {
            view = view.with(one);
        }
        return site.with(view);
    }

    /** Crashes inside an action, where it has more than one part. */
    private void halfway(List<Move> moves, World world, Envelope envelope, Action action) {
        Site site = world.site(envelope.to());
        World half =
                switch (action) {
                    case Action.MakeState(var directory) -> make(world, site, directory);
                    case Action.ColdStart(var directory) when isSealed(world, directory) ->
                            world.with(
                                    site.with(
                                            new Process(
                                                    envelope.command().epoch(),
                                                    State.PRELAUNCH,
                                                    null,
                                                    directory,
                                                    world.copies().get(directory).seq())));
                    case Action.DestroySource(var directory) ->
                            destroySource(world, site, directory);
                    case Action.StoreState(_, var from, var into) when isSealed(world, from) ->
                            store(world, site, from, into);
                    case Action.StoreState _,
                            Action.ColdStart _,
                            Action.DropState _,
                            Action.Adopt _,
                            Action.Resume _,
                            Action.EnsureRunning _,
                            Action.EndGuest _,
                            Action.PrepareTarget _,
                            Action.RepeatPrepared _,
                            Action.Send _,
                            Action.SwitchOver _,
                            Action.AwaitLoaded _,
                            Action.DestroyAttempt _,
                            Action.DestroyAll _ ->
                            null;
                };
        if (half != null) {
            moves.add(
                    new Move(
                            Kind.FAULT,
                            "crash inside " + Replicas.name(action),
                            "at " + site.name(),
                            Plant.agentDies(half, site.name())));
        }
    }

    private World answered(World world, Envelope envelope, Word word) {
        return switch (word) {
            case Word.Exited(var epoch) -> world.saying(new Event.Exited(epoch));
            case Word.Gone(var epoch) -> world.saying(new Event.Exited(epoch));
            case Word.Released(var digest) ->
                    world.saying(new Event.SourceReleased(envelope.command().op(), digest));
            case Word.Loaded(var digest) ->
                    world.saying(new Event.TargetLoaded(envelope.command().op(), digest));
            case Word.Stored(var digest) ->
                    world.saying(
                            new Event.StateStored(
                                    envelope.command().op(), envelope.command().epoch(), digest));
            case Word.Destroyed() -> receipt(world, envelope);
            case Word.NotClaimed(var epoch) -> {
                World said = world.saying(new Event.NotClaimed(epoch, false));
                OwnershipRow.Prior prior = world.row().prior();
                // A replica may look at the source now and write the row later.
                yield prior != null
                                && world.site(prior.owner()).agentUp()
                                && world.site(prior.owner()).is(State.POSTMIGRATE)
                        ? said.saying(new Event.NotClaimed(epoch, true))
                        : said;
            }
        };
    }

    private static World receipt(World world, Envelope envelope) {
        return envelope.cleanUp() == null
                ? world
                : world.saying(new Event.CleanedUp(envelope.cleanUp()));
    }

    private World act(World world, Envelope envelope, Action action) {
        Command command = envelope.command();
        Site site = world.site(envelope.to());
        Process process = site.process();
        return switch (action) {
            case Action.MakeState(var directory) -> {
                World made = make(world, site, directory);
                yield made.with(
                        append(
                                site,
                                List.of(
                                        new JournalRecord.Created(
                                                command.op(), command.epoch(), directory))));
            }
            case Action.DropState(var directory) -> {
                World dropped = world.without(directory);
                for (Site next : world.sites()) {
                    dropped =
                            dropped.saying(
                                    new Event.CreateWithdrawn(
                                            command.op(), command.epoch(), next.name()));
                }
                yield dropped;
            }
            case Action.ColdStart(var directory) ->
                    isSealed(world, directory)
                            ? world.with(
                                    site.with(
                                            new Process(
                                                    command.epoch(),
                                                    State.RUNNING,
                                                    null,
                                                    directory,
                                                    world.copies().get(directory).seq())))
                            : world.with(site.with((Process) null))
                                    .saying(new Event.StateRefused(command.epoch(), "missing"));
            case Action.Adopt _, Action.Resume _ -> world.with(site.with(process.running()));
            case Action.EnsureRunning _ ->
                    process.state() == State.RUNNING
                            ? world
                            : world.with(site.with(process.running()));
            case Action.EndGuest _ ->
                    world.with(site.with((Process) null)).saying(new Event.Exited(command.epoch()));
            case Action.PrepareTarget(var directory) ->
                    world.with(
                                    site.with(
                                            new Process(
                                                    command.epoch(),
                                                    State.INCOMING,
                                                    underWay(world, site, command.op())
                                                            ? null
                                                            : command.op(),
                                                    directory,
                                                    -1)))
                            .storing(directory, new Copy(-1, false, site.name(), ""))
                            .saying(
                                    new Event.TargetPrepared(
                                            command.op(), new Attempt.Prepared("00", directory)));
            case Action.RepeatPrepared(var directory) ->
                    world.saying(
                            new Event.TargetPrepared(
                                    command.op(), new Attempt.Prepared("00", directory)));
            case Action.Send _ -> send(world, site, command.op());
            case Action.SwitchOver _ ->
                    site.is(State.PRE_SWITCHOVER, command.op())
                            ? world.with(site.with(process.to(State.DEVICE)))
                            : world;
            case Action.AwaitLoaded _ -> world;
            case Action.StoreState(_, var from, var into) -> {
                if (!isSealed(world, from)) {
                    yield world.saying(new Event.StateRefused(command.epoch(), "missing"));
                }
                World kept = store(world, site, from, into);
                Digest digest = digest(kept.copies().get(into).seq());
                yield kept.with(
                                append(
                                        site,
                                        List.of(
                                                new JournalRecord.Stored(
                                                        command.op(), command.epoch(), digest))))
                        .saying(new Event.StateStored(command.op(), command.epoch(), digest));
            }
            case Action.DestroyAttempt _ -> {
                World killed =
                        process != null && process.epoch().equals(command.epoch())
                                ? world.with(site.with((Process) null))
                                : world;
                JournalRecord.Prepared prepared = site.view().prepared().get(command.op());
                JournalRecord.Storing storing = site.view().storing().get(command.op());
                yield receipt(
                        killed.without(prepared == null ? null : prepared.directory())
                                .without(storing == null ? null : storing.directory()),
                        envelope);
            }
            case Action.DestroySource(var directory) -> {
                World destroyed = destroySource(world, site, directory);
                yield receipt(
                        destroyed.with(
                                append(
                                        destroyed.site(site.name()),
                                        List.of(
                                                new JournalRecord.Tombstone(
                                                        command.op(), command.epoch())))),
                        envelope);
            }
            case Action.DestroyAll _ -> {
                World destroyed = world.with(site.with((Process) null));
                for (Map.Entry<StateRef, Copy> copy : world.copies().entrySet()) {
                    if (copy.getValue().maker().equals(site.name())) {
                        destroyed = destroyed.without(copy.getKey());
                    }
                }
                yield destroyed.saying(new Event.Purged(site.name()));
            }
        };
    }

    private static World make(World world, Site site, StateRef directory) {
        if (isSealed(world, directory)) {
            return world;
        }
        int tpm = world.tpmsMade() + 1;
        return world.storing(directory, new Copy(0, true, site.name(), "tpm" + tpm)).made(tpm);
    }

    private static World store(World world, Site site, StateRef from, StateRef into) {
        if (isSealed(world, into)) {
            return world;
        }
        Copy copy = world.copies().get(from);
        return world.storing(into, new Copy(copy.seq(), true, site.name(), copy.ekFingerprint()));
    }

    private static World destroySource(World world, Site site, StateRef directory) {
        Process process = site.process();
        World killed =
                process != null && process.directory().equals(directory)
                        ? world.with(site.with((Process) null))
                        : world;
        return killed.without(directory);
    }

    /**
     * The first time a stream begins; repeated, it joins what this agent still holds, or finds that
     * it ended.
     */
    private static World send(World world, Site site, OperationId op) {
        boolean waits = world.sites().stream().anyMatch(other -> other.is(State.INCOMING, op));
        return waits && site.is(State.RUNNING) && site.process().op() == null
                ? world.with(site.with(site.process().sending(op)))
                : world;
    }

    /** A second target QEMU never joins a stream whose other end is past its beginning. */
    private static boolean underWay(World world, Site site, OperationId op) {
        return world.sites().stream()
                .filter(other -> !other.name().equals(site.name()))
                .map(Site::process)
                .anyMatch(process -> process != null && op.equals(process.op()));
    }

    private static boolean isSealed(World world, StateRef directory) {
        Copy copy = world.copies().get(directory);
        return copy != null && copy.sealed();
    }

    static GuestIdentity identity(World world, StateRef directory) {
        Copy copy = world.copies().get(directory);
        return new GuestIdentity(copy == null ? "destroyed" : copy.ekFingerprint(), "");
    }

    /**
     * What a digest over the payload tells apart: which change of the TPM is the last one in it.
     */
    static Digest digest(int seq) {
        return new Digest("sha256:" + String.format(Locale.ROOT, "%064x", seq + 1));
    }
}
