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

import java.util.List;
import java.util.function.Function;

/**
 * The product's own rules behind a seam, so that a mutant can replace one verdict without touching
 * them.
 *
 * @param nodes what the compare-and-swap reads of the node rows
 * @param homecoming what a fenced node does before it joins
 * @param pausesTarget the target is started with {@code -S}: having loaded, it does not run
 * @param forgets commands older than what a node has seen may be dropped from the state, since it
 *     refuses them for ever
 * @param joinsFirst an agent whose node is not UP takes no command before it cleaned up and joined
 * @param looksAgain a join is refused if the row changed after the node cleaned up by it
 * @param wordNeedsPowerOff an operator says that a node is dead only when it is
 */
record Protocol(
        Coordinates decide,
        Owes owed,
        Obeys agent,
        Function<World, Nodes> nodes,
        ComesHome homecoming,
        boolean pausesTarget,
        boolean forgets,
        boolean joinsFirst,
        boolean looksAgain,
        boolean wordNeedsPowerOff) {

    /** The product. */
    static final Protocol REAL =
            new Protocol(
                    Coordinator::decide,
                    Coordinator::owed,
                    Agent::decide,
                    world -> world,
                    Homecoming::of,
                    true,
                    true,
                    true,
                    true,
                    true);

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
        return new Protocol(
                other,
                owed,
                agent,
                nodes,
                homecoming,
                pausesTarget,
                forgets,
                joinsFirst,
                looksAgain,
                wordNeedsPowerOff);
    }

    Protocol owing(Owes other) {
        return new Protocol(
                decide,
                other,
                agent,
                nodes,
                homecoming,
                pausesTarget,
                forgets,
                joinsFirst,
                looksAgain,
                wordNeedsPowerOff);
    }

    Protocol obeying(Obeys other) {
        return new Protocol(
                decide,
                owed,
                other,
                nodes,
                homecoming,
                pausesTarget,
                forgets,
                joinsFirst,
                looksAgain,
                wordNeedsPowerOff);
    }

    Protocol reading(Function<World, Nodes> other) {
        return new Protocol(
                decide,
                owed,
                agent,
                other,
                homecoming,
                pausesTarget,
                forgets,
                joinsFirst,
                looksAgain,
                wordNeedsPowerOff);
    }

    Protocol comingHome(ComesHome other) {
        return new Protocol(
                decide,
                owed,
                agent,
                nodes,
                other,
                pausesTarget,
                forgets,
                joinsFirst,
                looksAgain,
                wordNeedsPowerOff);
    }

    Protocol withoutPause() {
        return new Protocol(
                decide,
                owed,
                agent,
                nodes,
                homecoming,
                false,
                forgets,
                joinsFirst,
                looksAgain,
                wordNeedsPowerOff);
    }

    Protocol rememberingAll() {
        return new Protocol(
                decide,
                owed,
                agent,
                nodes,
                homecoming,
                pausesTarget,
                false,
                joinsFirst,
                looksAgain,
                wordNeedsPowerOff);
    }

    Protocol withoutJoin() {
        return new Protocol(
                decide,
                owed,
                agent,
                nodes,
                homecoming,
                pausesTarget,
                forgets,
                false,
                looksAgain,
                wordNeedsPowerOff);
    }

    Protocol joiningBlindly() {
        return new Protocol(
                decide,
                owed,
                agent,
                nodes,
                homecoming,
                pausesTarget,
                forgets,
                joinsFirst,
                false,
                wordNeedsPowerOff);
    }

    Protocol takingAnyWord() {
        return new Protocol(
                decide,
                owed,
                agent,
                nodes,
                homecoming,
                pausesTarget,
                forgets,
                joinsFirst,
                looksAgain,
                false);
    }
}
