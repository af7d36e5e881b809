package io.tlvm.ownership.model;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Agent;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Homecoming;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.JournalRecord.Claim;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.journal.RowSeen;
import io.tlvm.ownership.model.Budget.Limit;
import io.tlvm.ownership.model.Move.Kind;
import io.tlvm.ownership.model.Protocol.Guard;
import io.tlvm.ownership.model.World.Copy;
import io.tlvm.ownership.model.World.Process;
import io.tlvm.ownership.model.World.Site;
import io.tlvm.ownership.node.Evidence;
import io.tlvm.ownership.node.Fence;
import io.tlvm.ownership.node.NodeDecision;
import io.tlvm.ownership.node.NodeDecision.Next;
import io.tlvm.ownership.node.NodeEvent;
import io.tlvm.ownership.row.Event;

import java.util.ArrayList;
import java.util.List;

/**
 * What nobody commands: guests, QEMU's own moves, what an agent journals when it sees something,
 * and faults.
 */
final class Plant {
    private static final Evidence WORD = new Evidence.OperatorsWord("ops", "power cable pulled");

    private final Protocol protocol;

    Plant(Protocol protocol) {
        this.protocol = protocol;
    }

    List<Move> moves(World world) {
        List<Move> moves = new ArrayList<>();
        for (Site site : world.sites()) {
            guest(moves, world, site);
            source(moves, world, site);
            target(moves, world, site);
            journal(moves, world, site);
            faults(moves, world, site);
            fence(moves, world, site);
        }
        return moves;
    }

    private static void guest(List<Move> moves, World world, Site site) {
        Process process = site.process();
        if (site.is(State.RUNNING)) {
            Copy copy = world.copies().get(process.directory());
            if (world.left().has(Limit.WRITES) && copy != null) {
                int seq = process.seq() + 1;
                World written =
                        world.with(site.with(process.knowing(seq)))
                                .storing(
                                        process.directory(),
                                        new Copy(
                                                seq,
                                                copy.sealed(),
                                                copy.maker(),
                                                copy.ekFingerprint()))
                                .written(Math.max(world.lastSeq(), seq))
                                .with(world.left().spend(Limit.WRITES));
                moves.add(move(Kind.WISH, "guest changes its TPM", site, written));
            }
            if (world.left().has(Limit.EXITS)) {
                World off =
                        detached(world, process.op())
                                .with(site.with(process.to(State.ENDED).sending(null)));
                moves.add(
                        move(
                                Kind.WISH,
                                "guest powers off",
                                site,
                                off.with(world.left().spend(Limit.EXITS))));
            }
        }
        if (site.agentUp() && site.is(State.ENDED)) {
            moves.add(
                    move(
                            Kind.PROGRESS,
                            "agent reaps an ended QEMU",
                            site,
                            world.with(site.with((Process) null))));
        }
    }

    /**
     * A stream that broke cannot be joined again: whoever waits at its other end belongs to
     * nothing.
     */
    private static World detached(World world, OperationId op) {
        World next = world;
        for (Site site : world.sites()) {
            if (op != null && site.is(State.INCOMING, op)) {
                next = next.with(site.with(site.process().sending(null)));
            }
        }
        return next;
    }

    private void source(List<Move> moves, World world, Site site) {
        Process process = site.process();
        if (process == null || process.op() == null) {
            return;
        }
        OperationId op = process.op();
        switch (process.state()) {
            case RUNNING -> {
                if (site.agentUp() && targetIs(world, site, State.INCOMING, op, true)) {
                    World paused =
                            world.with(site.with(process.to(State.PRE_SWITCHOVER)))
                                    .saying(new Event.SourceReady(op));
                    moves.add(move(Kind.PROGRESS, "source reaches pre-switchover", site, paused));
                }
                moves.add(
                        move(
                                Kind.PROGRESS,
                                "stream breaks in pre-copy",
                                site,
                                resumed(world, site)));
            }
            case PRE_SWITCHOVER ->
                    moves.add(
                            move(
                                    Kind.PROGRESS,
                                    "source cancels at pre-switchover by itself",
                                    site,
                                    resumed(world, site)));
            case DEVICE -> {
                if (targetIs(world, site, State.LOADED, op, false)
                        || targetIs(world, site, State.RUNNING, op, false)) {
                    moves.add(
                            move(
                                    Kind.PROGRESS,
                                    "source completes, postmigrate",
                                    site,
                                    world.with(site.with(process.to(State.POSTMIGRATE)))));
                }
                moves.add(
                        move(
                                Kind.PROGRESS,
                                "stream or acknowledgement lost, source resumes by itself",
                                site,
                                resumed(world, site)));
            }
            case PRELAUNCH, PAUSED, INCOMING, LOADED, POSTMIGRATE, ENDED -> {
                // waits
            }
        }
    }

    private static World resumed(World world, Site site) {
        return detached(world, site.process().op()).with(site.with(site.process().running()));
    }

    private static boolean targetIs(
            World world, Site source, State state, OperationId op, boolean upOnly) {
        return world.sites().stream()
                .filter(other -> !other.name().equals(source.name()))
                .anyMatch(other -> other.is(state, op) && (other.agentUp() || !upOnly));
    }

    private void target(List<Move> moves, World world, Site site) {
        Process process = site.process();
        if (!site.is(State.INCOMING)) {
            return;
        }
        OperationId op = process.op();
        if (op == null) {
            moves.add(
                    move(
                            Kind.PROGRESS,
                            "target's QEMU ends with its stream",
                            site,
                            world.with(site.with((Process) null))));
            return;
        }
        for (Site source : world.sites()) {
            if (source.is(State.DEVICE, op) && source.agentUp() && site.agentUp()) {
                State then = protocol.has(Guard.PAUSED_TARGET) ? State.LOADED : State.RUNNING;
                int seq = source.process().seq();
                Copy from = world.copies().get(source.process().directory());
                StateRef directory = process.directory();
                World loaded = world.with(site.with(process.to(then).knowing(seq)));
                Copy to = world.copies().get(directory);
                if (to != null && from != null) {
                    loaded =
                            loaded.storing(
                                    directory,
                                    new Copy(seq, false, to.maker(), from.ekFingerprint()));
                }
                moves.add(move(Kind.PROGRESS, "target loaded the stream", site, loaded));
            }
        }
    }

    private static void journal(List<Move> moves, World world, Site site) {
        Process process = site.process();
        AgentView view = site.view();
        if (!site.agentUp() || process == null) {
            return;
        }
        Claim claim = view.claim();
        if (site.is(State.RUNNING)
                && claim != null
                && claim.process().equals(process.epoch())
                && !claim.epoch().equals(view.activated())) {
            moves.add(
                    move(
                            Kind.PROGRESS,
                            "ACTIVATED journaled",
                            site,
                            world.with(
                                    site.with(
                                            view.with(
                                                    new JournalRecord.Activated(claim.epoch()))))));
        }
        OperationId op = process.op();
        if (op == null || view.refused().contains(op)) {
            return;
        }
        Copy copy = world.copies().get(process.directory());
        if (site.is(State.LOADED)
                && !view.loaded().containsKey(op)
                && !view.isDead(op, process.epoch())
                && copy != null) {
            JournalRecord loaded =
                    new JournalRecord.Loaded(op, process.epoch(), Agents.digest(copy.seq()));
            moves.add(
                    move(
                            Kind.PROGRESS,
                            "LOADED journaled, MANIFEST sealed",
                            site,
                            world.with(site.with(view.with(loaded)))
                                    .storing(
                                            process.directory(),
                                            new Copy(
                                                    copy.seq(),
                                                    true,
                                                    copy.maker(),
                                                    copy.ekFingerprint()))));
        }
        if (site.is(State.POSTMIGRATE)
                && view.outgoing().containsKey(op)
                && !view.released().containsKey(op)) {
            for (Site target : world.sites()) {
                JournalRecord.Loaded loaded = target.view().loaded().get(op);
                if (loaded != null) {
                    JournalRecord released =
                            new JournalRecord.Released(
                                    op, view.outgoing().get(op).epoch(), loaded.digest());
                    moves.add(
                            move(
                                    Kind.PROGRESS,
                                    "RELEASED journaled",
                                    site,
                                    world.with(site.with(view.with(released)))));
                }
            }
        }
    }

    private void faults(List<Move> moves, World world, Site site) {
        if (!site.agentUp() && (site.isUp() || !protocol.has(Guard.JOIN_FIRST))) {
            moves.add(move(Kind.PROGRESS, "agent starts", site, started(world, site)));
        }
        if (!world.left().has(Limit.CRASHES)) {
            return;
        }
        if (site.process() != null) {
            moves.add(
                    move(
                            Kind.FAULT,
                            "QEMU dies",
                            site,
                            qemuDies(world, site).with(world.left().spend(Limit.CRASHES))));
        }
        if (site.agentUp()) {
            moves.add(move(Kind.FAULT, "agent dies", site, agentDies(world, site.name())));
            if (site.process() != null) {
                World dead = qemuDies(world, site);
                moves.add(move(Kind.FAULT, "node dies", site, agentDies(dead, site.name())));
            }
        }
    }

    /** A node is given up, is certainly off, and comes back. */
    private void fence(List<Move> moves, World world, Site site) {
        if (world.left().has(Limit.FENCES)
                && decided(world, site, new NodeEvent.FenceAsked("silent"))
                        instanceof Next(var state)) {
            moves.add(
                    move(
                            Kind.FAULT,
                            "node is given up",
                            site,
                            world.with(site.with(state)).with(world.left().spend(Limit.FENCES))));
        }
        if (!site.isUp() && site.agentUp() && protocol.has(Guard.JOIN_FIRST)) {
            moves.add(move(Kind.PROGRESS, "renewal refused", site, world.with(site.up(false))));
        }
        if (decided(world, site, new NodeEvent.DeathConfirmed(WORD)) instanceof Next(var state)) {
            World off =
                    protocol.has(Guard.TRUE_WORD)
                            ? agentDies(qemuDies(world, site), site.name()).with(world.left())
                            : world;
            moves.add(
                    move(
                            Kind.PROGRESS,
                            "power off, then an operator's word",
                            site,
                            off.with(off.site(site.name()).with(state))));
        }
        boolean joins = site.agentUp() || site.scanned() || !protocol.has(Guard.JOIN_FIRST);
        if (site.isFenced() && !site.agentUp()) {
            moves.add(move(Kind.WISH, "fenced node cleans up", site, cleaned(world, site)));
        }
        if (site.isFenced()
                && joins
                && decided(world, site, new NodeEvent.JoinAsked()) instanceof Next(var state)) {
            World in = site.agentUp() ? world : started(world, site);
            moves.add(
                    move(
                            Kind.WISH,
                            "fenced node joins",
                            site,
                            in.with(in.site(site.name()).with(state).scanned(false))));
        }
    }

    private static NodeDecision decided(World world, Site site, NodeEvent event) {
        int others = world.lost() - (site.isUp() ? 0 : 1);
        return Fence.decide(site.state(), event, world.sites().size(), others);
    }

    /** R9, by the row as it is at this moment. */
    private World cleaned(World world, Site site) {
        Homecoming home =
                protocol.homecoming()
                        .of(site.view(), site.observed(), site.name(), RowSeen.of(world.row()));
        AgentView view = site.view();
        for (JournalRecord one : home.first()) {
            view = view.with(one);
        }
        World clean = world;
        for (var copy : world.copies().entrySet()) {
            if (copy.getValue().maker().equals(site.name())
                    && !home.spares().contains(copy.getKey())) {
                clean = clean.without(copy.getKey());
            }
        }
        Site after = site.with(view).scanned(true);
        return clean.with(home.kills() ? after.with((Process) null) : after);
    }

    private static World qemuDies(World world, Site site) {
        if (site.process() == null) {
            return world;
        }
        World alone = detached(world, site.process().op());
        // A source in pre-copy or at its pause loses its stream by E6 or its own cancel; nothing is
        // forced on it here.
        return alone.with(alone.site(site.name()).with((Process) null));
    }

    /** The streams that the agent carried close. */
    static World agentDies(World world, NodeName name) {
        Site site = world.site(name);
        Process process = site.process();
        World down = world.with(site.up(false)).with(world.left().spend(Limit.CRASHES));
        if (process == null || process.op() == null) {
            return down;
        }
        return switch (process.state()) {
            case INCOMING -> down.with(down.site(name).with((Process) null));
            case RUNNING -> resumed(down, down.site(name));
            case PRE_SWITCHOVER, DEVICE -> detached(down, process.op());
            case PRELAUNCH, PAUSED, LOADED, POSTMIGRATE, ENDED -> down;
        };
    }

    /**
     * It cancels what it finds at the pause, and is out of every attempt that it did not finish.
     */
    private static World started(World world, Site site) {
        AgentView view = site.view();
        for (JournalRecord over : Agent.restarted(view)) {
            view = view.with(over);
        }
        World up = world.with(site.with(view).up(true));
        return site.is(State.PRE_SWITCHOVER) ? resumed(up, up.site(site.name())) : up;
    }

    private static Move move(Kind kind, String tag, Site site, World next) {
        return new Move(kind, tag, "at " + site.name(), next);
    }
}
