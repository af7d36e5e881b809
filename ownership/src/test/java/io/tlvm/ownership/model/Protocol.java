package io.tlvm.ownership.model;

import io.tlvm.ownership.journal.Agent;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.Observed;
import io.tlvm.ownership.journal.Verdict;
import io.tlvm.ownership.row.Coordinator;
import io.tlvm.ownership.row.Decision;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.Nodes;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Step;

import java.util.List;

/**
 * The product's own rules behind a seam, so that a mutant can replace one verdict without touching
 * them.
 *
 * @param pausesTarget the target is started with {@code -S}: having loaded, it does not run
 * @param forgets commands older than what a node has seen may be dropped from the state, since it
 *     refuses them for ever
 */
record Protocol(Coordinates decide, Owes owed, Obeys agent, boolean pausesTarget, boolean forgets) {

    /** The product. */
    static final Protocol REAL =
            new Protocol(Coordinator::decide, Coordinator::owed, Agent::decide, true, true);

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

    Protocol deciding(Coordinates other) {
        return new Protocol(other, owed, agent, pausesTarget, forgets);
    }

    Protocol owing(Owes other) {
        return new Protocol(decide, other, agent, pausesTarget, forgets);
    }

    Protocol obeying(Obeys other) {
        return new Protocol(decide, owed, other, pausesTarget, forgets);
    }

    Protocol withoutPause() {
        return new Protocol(decide, owed, agent, false, forgets);
    }

    Protocol rememberingAll() {
        return new Protocol(decide, owed, agent, pausesTarget, false);
    }
}
