package io.tlvm.ownership.model;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.journal.Agent;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.Homecoming;
import io.tlvm.ownership.journal.Observed;
import io.tlvm.ownership.journal.RowSeen;
import io.tlvm.ownership.journal.Verdict;
import io.tlvm.ownership.row.Coordinator;
import io.tlvm.ownership.row.Decision;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.Nodes;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Step;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * The product's own rules behind a seam, so that a mutant can replace one verdict without touching
 * them.
 *
 * @param nodes what the compare-and-swap reads of the node rows
 * @param homecoming what a fenced node does before it joins
 * @param guards what holds besides; a mutant lacks one
 */
record Protocol(
        Coordinates decide,
        Owes owed,
        Obeys agent,
        Function<World, Nodes> nodes,
        ComesHome homecoming,
        Set<Guard> guards) {

    /** What the product keeps to and no function of {@code ownership} decides. */
    enum Guard {
        /** The target is started with {@code -S}: having loaded, it does not run. */
        PAUSED_TARGET,
        /**
         * Commands older than what a node has seen may be dropped from the state, since it refuses
         * them for ever.
         */
        FORGETTING,
        /** An agent whose node is not UP takes no command before it cleaned up and joined. */
        JOIN_FIRST,
        /** A join is refused if the row changed after the node cleaned up by it. */
        SECOND_LOOK,
        /** An operator says that a node is dead only when it is. */
        TRUE_WORD
    }

    /** The product. */
    static final Protocol REAL =
            new Protocol(
                    Coordinator::decide,
                    Coordinator::owed,
                    Agent::decide,
                    world -> world,
                    Homecoming::of,
                    EnumSet.allOf(Guard.class));

    @FunctionalInterface
    interface Coordinates {
        Decision decide(OwnershipRow row, Event event, Nodes nodes);
    }

    @FunctionalInterface
    interface Owes {
        List<Step> owed(OwnershipRow row);
    }

    @FunctionalInterface
    interface Obeys {
        Verdict decide(AgentView view, Command command, Observed observed);
    }

    @FunctionalInterface
    interface ComesHome {
        Homecoming of(AgentView view, Observed observed, NodeName self, RowSeen row);
    }

    Protocol deciding(Coordinates other) {
        return new Protocol(other, owed, agent, nodes, homecoming, guards);
    }

    Protocol owing(Owes other) {
        return new Protocol(decide, other, agent, nodes, homecoming, guards);
    }

    Protocol obeying(Obeys other) {
        return new Protocol(decide, owed, other, nodes, homecoming, guards);
    }

    Protocol reading(Function<World, Nodes> other) {
        return new Protocol(decide, owed, agent, other, homecoming, guards);
    }

    Protocol comingHome(ComesHome other) {
        return new Protocol(decide, owed, agent, nodes, other, guards);
    }

    Protocol without(Guard guard) {
        Set<Guard> fewer = EnumSet.copyOf(guards);
        fewer.remove(guard);
        return new Protocol(decide, owed, agent, nodes, homecoming, fewer);
    }

    boolean has(Guard guard) {
        return guards.contains(guard);
    }
}
