package io.tlvm.ownership.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.ownership.node.NodeDecision.Already;
import io.tlvm.ownership.node.NodeDecision.Next;
import io.tlvm.ownership.node.NodeDecision.Refused;
import io.tlvm.ownership.node.NodeEvent.DeathConfirmed;
import io.tlvm.ownership.node.NodeEvent.FenceAsked;
import io.tlvm.ownership.node.NodeEvent.JoinAsked;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FenceTest {
    private static final Evidence WORD = new Evidence.OperatorsWord("user/ops", "plug pulled");
    private static final NodeState UP = new NodeState.Up();
    private static final NodeState FENCING = new NodeState.Fencing("silent");
    private static final NodeState FENCED = new NodeState.Fenced("silent", WORD);

    @Test
    void a_node_is_given_up_first_and_dead_only_on_evidence() {
        assertThat(decide(UP, new FenceAsked("silent"))).isEqualTo(new Next(FENCING));
        assertThat(decide(UP, new DeathConfirmed(WORD)))
                .isEqualTo(new Refused(new FenceRefusal.NotFencing()));
        assertThat(decide(FENCING, new DeathConfirmed(WORD))).isEqualTo(new Next(FENCED));
    }

    @Test
    void fencing_is_never_taken_back_and_ends_by_the_join_of_a_fenced_node() {
        assertThat(decide(FENCING, new JoinAsked()))
                .isEqualTo(new Refused(new FenceRefusal.StillFencing()));
        assertThat(decide(FENCED, new JoinAsked())).isEqualTo(new Next(UP));
    }

    @Test
    void what_is_said_twice_is_true_once() {
        assertThat(decide(UP, new JoinAsked())).isEqualTo(new Already(UP));
        assertThat(decide(FENCING, new FenceAsked("again"))).isEqualTo(new Already(FENCING));
        assertThat(decide(FENCED, new FenceAsked("again"))).isEqualTo(new Already(FENCED));
        assertThat(decide(FENCED, new DeathConfirmed(WORD))).isEqualTo(new Already(FENCED));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0, false",
        "2, 0, true",
        "2, 1, false",
        "3, 0, true",
        "3, 1, false",
        "4, 1, true",
        "4, 2, false"
    })
    void never_more_than_half_of_the_nodes(int nodes, int lost, boolean allowed) {
        assertThat(Fence.decide(UP, new FenceAsked("silent"), nodes, lost) instanceof Next)
                .isEqualTo(allowed);
    }

    private static NodeDecision decide(NodeState state, NodeEvent event) {
        return Fence.decide(state, event, 3, 0);
    }
}
