package io.tlvm.ownership.model;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.invariant.Cluster;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.Observed;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.node.NodeState;
import io.tlvm.ownership.row.CleanUp;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.Nodes;
import io.tlvm.ownership.row.OwnershipRow;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One state of the model: everything that is durable, everything that is alive, and everything that
 * may still arrive.
 *
 * @param commands derived from rows that were committed; they stay deliverable for ever, late,
 *     twice and reordered
 * @param said events that some agent answered; a replica may still bring them to the row
 */
record World(
        OwnershipRow row,
        List<Site> sites,
        Map<StateRef, Copy> copies,
        Set<Envelope> commands,
        Set<Event> said,
        Budget left,
        int lastSeq,
        int tpmsMade)
        implements Nodes {

    /**
     * A node.
     *
     * @param agentUp its agent has joined and takes commands
     * @param state what the cluster decided about the node
     * @param scanned it is fenced, its agent cleaned up, and the row did not change since
     * @param everFenced the node was fenced once; only what a careless replica may remember
     */
    record Site(
            NodeName name,
            AgentView view,
            boolean agentUp,
            @Nullable Process process,
            NodeState state,
            boolean scanned,
            boolean everFenced) {

        static Site of(NodeName name) {
            return new Site(name, AgentView.EMPTY, true, null, new NodeState.Up(), false, false);
        }

        Observed observed() {
            return process == null
                    ? new Observed.Nothing()
                    : new Observed.Alive(process.epoch(), process.state());
        }

        Site with(AgentView newer) {
            return new Site(name, newer, agentUp, process, state, scanned, everFenced);
        }

        Site with(@Nullable Process other) {
            return new Site(name, view, agentUp, other, state, scanned, everFenced);
        }

        Site with(NodeState other) {
            return new Site(
                    name,
                    view,
                    agentUp,
                    process,
                    other,
                    scanned,
                    everFenced || other instanceof NodeState.Fenced);
        }

        Site up(boolean up) {
            return new Site(name, view, up, process, state, scanned, everFenced);
        }

        Site scanned(boolean clean) {
            return new Site(name, view, agentUp, process, state, clean, everFenced);
        }

        Site forgettingFences() {
            return new Site(name, view, agentUp, process, state, scanned, false);
        }

        boolean isUp() {
            return state instanceof NodeState.Up;
        }

        boolean isFenced() {
            return state instanceof NodeState.Fenced;
        }

        boolean is(State state) {
            return process != null && process.state() == state;
        }

        boolean is(State state, OperationId op) {
            return process != null && process.state() == state && op.equals(process.op());
        }
    }

    /**
     * A QEMU with its swtpm.
     *
     * @param epoch under which it was started
     * @param op the migration that its stream belongs to, or null
     * @param seq the last TPM change that it knows
     */
    record Process(
            Epoch epoch, State state, @Nullable OperationId op, StateRef directory, int seq) {
        Process to(State next) {
            return new Process(epoch, next, op, directory, seq);
        }

        Process running() {
            return new Process(epoch, State.RUNNING, null, directory, seq);
        }

        Process sending(OperationId out) {
            return new Process(epoch, state, out, directory, seq);
        }

        Process knowing(int newer) {
            return new Process(epoch, state, op, directory, newer);
        }
    }

    /** A directory of guest state. */
    record Copy(int seq, boolean sealed, NodeName maker, String ekFingerprint) {}

    /** A command on its way, with the receipt that it may earn. */
    record Envelope(NodeName to, Command command, @Nullable CleanUp cleanUp) {}

    Site site(NodeName name) {
        for (Site site : sites) {
            if (site.name().equals(name)) {
                return site;
            }
        }
        throw new IllegalArgumentException("no node " + name);
    }

    @Override
    public boolean isUp(NodeName name) {
        return site(name).isUp();
    }

    @Override
    public boolean isFenced(NodeName name) {
        return site(name).isFenced();
    }

    /** How many nodes are given up. */
    int lost() {
        return (int) sites.stream().filter(site -> !site.isUp()).count();
    }

    World with(OwnershipRow next) {
        return new World(next, sites, copies, commands, said, left, lastSeq, tpmsMade);
    }

    World with(Site changed) {
        List<Site> others = new ArrayList<>(sites);
        others.replaceAll(site -> site.name().equals(changed.name()) ? changed : site);
        return new World(row, others, copies, commands, said, left, lastSeq, tpmsMade);
    }

    World with(Budget other) {
        return new World(row, sites, copies, commands, said, other, lastSeq, tpmsMade);
    }

    World with(Set<Envelope> more, OwnershipRow next) {
        return new World(next, sites, copies, more, said, left, lastSeq, tpmsMade);
    }

    World storing(StateRef directory, Copy copy) {
        Map<StateRef, Copy> more = new HashMap<>(copies);
        more.put(directory, copy);
        return new World(row, sites, more, commands, said, left, lastSeq, tpmsMade);
    }

    World without(@Nullable StateRef directory) {
        if (directory == null || !copies.containsKey(directory)) {
            return this;
        }
        Map<StateRef, Copy> fewer = new HashMap<>(copies);
        fewer.remove(directory);
        return new World(row, sites, fewer, commands, said, left, lastSeq, tpmsMade);
    }

    World saying(Event event) {
        if (said.contains(event)) {
            return this;
        }
        Set<Event> more = new HashSet<>(said);
        more.add(event);
        return new World(row, sites, copies, commands, more, left, lastSeq, tpmsMade);
    }

    World written(int seq) {
        return new World(row, sites, copies, commands, said, left, seq, tpmsMade);
    }

    World made(int tpms) {
        return new World(row, sites, copies, commands, said, left, lastSeq, tpms);
    }

    /** What the invariants look at. */
    Cluster snapshot() {
        List<Cluster.Site> seen = new ArrayList<>();
        for (Site site : sites) {
            Process process = site.process();
            seen.add(
                    new Cluster.Site(
                            site.name(),
                            site.view().claim() == null ? Epoch.NONE : site.view().claim().epoch(),
                            process == null
                                    ? null
                                    : new Cluster.Qemu(
                                            process.state() == State.RUNNING,
                                            process.directory(),
                                            process.seq())));
        }
        Map<StateRef, Cluster.Copy> held = new HashMap<>();
        copies.forEach(
                (directory, copy) ->
                        held.put(
                                directory,
                                new Cluster.Copy(copy.seq(), copy.sealed(), copy.ekFingerprint())));
        return new Cluster(row, seen, held, lastSeq, tpmsMade);
    }
}
