package io.tlvm.ownership.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Observed.Alive;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.row.Phase.Mode;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Set;

class HomecomingTest {
    private static final NodeName SELF = new NodeName("a");
    private static final NodeName OTHER = new NodeName("b");
    private static final Epoch EPOCH = new Epoch(2);
    private static final StateRef HERE = new StateRef("g1-00000001");
    private static final AgentView RAN =
            AgentView.of(
                    List.of(
                            new JournalRecord.Claim(
                                    new OperationId("00000003-0000-0000-0000-000000000000"),
                                    EPOCH,
                                    Mode.COLD,
                                    HERE,
                                    EPOCH)));
    private static final Observed RUNS = new Alive(EPOCH, State.RUNNING);

    @Test
    void a_guest_whose_row_moved_is_killed_and_no_older_command_is_obeyed_again() {
        Homecoming home = Homecoming.of(RAN, RUNS, SELF, row(OTHER, true, null));

        assertThat(home.kills()).isTrue();
        assertThat(home.first())
                .containsExactly(new JournalRecord.Seen(new RowVersion(9), new Epoch(5)));
    }

    @Test
    void a_guest_that_never_stopped_and_whose_row_did_not_move_is_kept() {
        assertThat(Homecoming.of(RAN, RUNS, SELF, row(SELF, true, null)).kills()).isFalse();
    }

    @Test
    void a_guest_that_is_being_recovered_elsewhere_is_killed_although_the_row_names_its_node() {
        assertThat(Homecoming.of(RAN, RUNS, SELF, row(SELF, false, null)).kills()).isTrue();
    }

    @Test
    void a_copy_that_was_never_claimed_is_no_guest() {
        assertThat(
                        Homecoming.of(
                                        AgentView.EMPTY,
                                        new Alive(new Epoch(3), State.LOADED),
                                        SELF,
                                        row(SELF, true, null))
                                .kills())
                .isTrue();
    }

    @Test
    void the_memory_of_an_open_hand_over_is_kept_and_a_guest_that_runs_beside_it_is_not() {
        Observed waits = new Alive(EPOCH, State.POSTMIGRATE);

        assertThat(Homecoming.of(RAN, waits, SELF, row(OTHER, true, SELF)).kills()).isFalse();
        assertThat(Homecoming.of(RAN, RUNS, SELF, row(OTHER, true, SELF)).kills()).isTrue();
    }

    @Test
    void directories_that_the_row_names_are_spared() {
        assertThat(
                        Homecoming.of(RAN, new Observed.Nothing(), SELF, row(OTHER, true, null))
                                .spares())
                .containsExactly(HERE);
    }

    private static RowSeen row(NodeName owner, boolean mayRun, @Nullable NodeName prior) {
        return new RowSeen(new RowVersion(9), new Epoch(5), owner, mayRun, prior, Set.of(HERE));
    }
}
