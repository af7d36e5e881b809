package io.tlvm.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.Phase;

import org.junit.jupiter.api.Test;

import java.util.stream.Collectors;

class TransitionTableTest {
    @Test
    void every_kind_of_event_meets_every_kind_of_phase() {
        assertThat(TransitionTable.events().stream().map(TransitionTable::kind))
                .containsExactlyInAnyOrderElementsOf(TransitionTable.kinds(Event.class));
        assertThat(
                        TransitionTable.rows().values().stream()
                                .map(row -> TransitionTable.kind(row.phase()))
                                .collect(Collectors.toSet()))
                .containsExactlyInAnyOrderElementsOf(TransitionTable.kinds(Phase.class));
    }

    @Test
    void every_kind_of_command_meets_every_state_of_a_qemu_that_tells_nodes_apart() {
        assertThat(
                        VerdictTable.commands().values().stream()
                                .map(TransitionTable::kind)
                                .collect(Collectors.toSet()))
                .containsExactlyInAnyOrderElementsOf(TransitionTable.kinds(Command.class));
    }

    @Test
    void the_page_shows_the_coordinator_s_transitions_as_they_are() {
        Page.shows("transitions", TransitionTable.markdown());
    }

    @Test
    void the_page_shows_the_agent_s_verdicts_as_they_are() {
        Page.shows("verdicts", VerdictTable.markdown());
    }
}
