package io.tlvm.ownership.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Observed.Alive;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.journal.Verdict.Action;
import io.tlvm.ownership.journal.Verdict.Answer;
import io.tlvm.ownership.journal.Verdict.Do;
import io.tlvm.ownership.journal.Verdict.Reason;
import io.tlvm.ownership.journal.Verdict.Refuse;
import io.tlvm.ownership.journal.Verdict.Word;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.StopMode;

import org.junit.jupiter.api.Test;

import java.util.List;

class AgentTest {
    private static final OperationId OP = new OperationId("00000003-0000-0000-0000-000000000000");
    private static final NodeName PEER = new NodeName("b");
    private static final RowVersion V5 = new RowVersion(5);
    private static final Epoch E1 = new Epoch(1);
    private static final Epoch E2 = new Epoch(2);
    private static final Epoch E3 = new Epoch(3);
    private static final StateRef DIRECTORY = new StateRef("g1-00000001");
    private static final Digest DIGEST = new Digest("sha256:" + "0".repeat(64));
    private static final Observed NOTHING = new Observed.Nothing();
    private static final JournalRecord CLAIM =
            new JournalRecord.Claim(OP, E2, Mode.COLD, DIRECTORY, E2);

    @Test
    void a_claim_is_journaled_before_the_start_and_after_the_version_that_decided_it() {
        assertThat(Agent.decide(AgentView.EMPTY, cold(E2), NOTHING))
                .isEqualTo(
                        new Do(
                                List.of(new JournalRecord.Seen(V5, E2), CLAIM),
                                new Action.ColdStart(DIRECTORY)));
    }

    @Test
    void a_grant_is_good_for_one_start() {
        AgentView ran = AgentView.of(List.of(CLAIM));

        assertThat(word(Agent.decide(ran, cold(E2), NOTHING))).isEqualTo(new Word.Exited(E2));
        assertThat(word(Agent.decide(ran, cold(E2), new Alive(E2, State.ENDED))))
                .isEqualTo(new Word.Exited(E2));
    }

    @Test
    void a_claim_whose_qemu_waits_for_cont_is_carried_on() {
        assertThat(
                        action(
                                Agent.decide(
                                        AgentView.of(List.of(CLAIM)),
                                        cold(E2),
                                        new Alive(E2, State.PRELAUNCH))))
                .isEqualTo(new Action.EnsureRunning());
    }

    @Test
    void no_start_and_no_prepare_ends_a_guest_that_has_its_memory() {
        for (State state :
                List.of(State.RUNNING, State.PAUSED, State.PRE_SWITCHOVER, State.DEVICE)) {
            Observed alive = new Alive(E1, state);
            assertThat(Agent.decide(AgentView.EMPTY, cold(E2), alive))
                    .isEqualTo(new Refuse(new Reason.NotNow(alive)));
            assertThat(Agent.decide(AgentView.EMPTY, new Command.Prepare(V5, E3, OP, PEER), alive))
                    .isEqualTo(new Refuse(new Reason.NotNow(alive)));
        }
    }

    @Test
    void a_resume_continues_the_last_claim_s_own_qemu_under_the_new_epoch() {
        Verdict verdict =
                Agent.decide(
                        AgentView.of(List.of(CLAIM)),
                        run(E3, Mode.RESUME),
                        new Alive(E2, State.POSTMIGRATE));

        assertThat(verdict)
                .isEqualTo(
                        new Do(
                                List.of(
                                        new JournalRecord.Seen(V5, E3),
                                        new JournalRecord.Claim(
                                                OP, E3, Mode.RESUME, DIRECTORY, E2)),
                                new Action.Resume()));
    }

    @Test
    void a_resume_never_continues_a_copy_that_arrived_here() {
        AgentView loaded = AgentView.of(List.of(CLAIM, prepared(), loaded()));

        assertThat(
                        word(
                                Agent.decide(
                                        loaded,
                                        run(new Epoch(4), Mode.RESUME),
                                        new Alive(E3, State.LOADED))))
                .isEqualTo(new Word.Gone(new Epoch(4)));
    }

    @Test
    void a_stop_ends_whatever_lives_also_of_an_older_claim() {
        assertThat(
                        action(
                                Agent.decide(
                                        AgentView.of(List.of(CLAIM)),
                                        new Command.Stop(V5, E3, OP, StopMode.FORCED),
                                        new Alive(E2, State.POSTMIGRATE))))
                .isEqualTo(new Action.EndGuest());
    }

    @Test
    void the_word_on_a_create_is_not_given_once_its_state_is_made() {
        AgentView made = AgentView.of(List.of(new JournalRecord.Created(OP, E1, DIRECTORY)));

        assertThat(Agent.decide(made, new Command.Withdraw(V5, E1, OP), NOTHING))
                .isEqualTo(new Refuse(new Reason.StateMade(OP)));
    }

    @Test
    void a_create_is_refused_where_its_word_was_given_and_where_the_vm_ran_or_arrived() {
        Command create = new Command.Create(V5, E1, OP);

        assertThat(
                        Agent.decide(
                                AgentView.of(List.of(new JournalRecord.Tombstone(OP, E1))),
                                create,
                                NOTHING))
                .isEqualTo(new Refuse(new Reason.AttemptOver(OP)));
        assertThat(Agent.decide(AgentView.of(List.of(prepared(), loaded())), create, NOTHING))
                .isEqualTo(new Refuse(new Reason.UnknownOperation(OP)));
    }

    @Test
    void loaded_is_said_only_of_a_copy_that_is_still_there() {
        AgentView loaded = AgentView.of(List.of(prepared(), loaded()));
        Command confirm = new Command.ConfirmLoaded(V5, E3, OP);

        assertThat(word(Agent.decide(loaded, confirm, new Alive(E3, State.LOADED))))
                .isEqualTo(new Word.Loaded(DIGEST));
        assertThat(Agent.decide(loaded, confirm, NOTHING))
                .isEqualTo(new Refuse(new Reason.AttemptOver(OP)));
    }

    @Test
    void an_adopt_without_the_copy_is_refused_durably_and_for_ever() {
        AgentView loaded = AgentView.of(List.of(prepared(), loaded()));
        Command adopt = run(E3, Mode.ADOPT);

        Verdict gone = Agent.decide(loaded, adopt, NOTHING);

        assertThat(gone)
                .isEqualTo(
                        new Answer(
                                List.of(
                                        new JournalRecord.Seen(V5, E3),
                                        new JournalRecord.Refused(OP, E3)),
                                new Word.NotClaimed(E3)));
        assertThat(
                        word(
                                Agent.decide(
                                        loaded.with(new JournalRecord.Refused(OP, E3)),
                                        adopt,
                                        new Alive(E3, State.LOADED))))
                .isEqualTo(new Word.NotClaimed(E3));
    }

    @Test
    void a_restart_ends_every_attempt_that_was_not_finished_and_no_other() {
        OperationId done = new OperationId("00000009-0000-0000-0000-000000000000");
        AgentView view =
                AgentView.of(
                        List.of(
                                CLAIM,
                                outgoing(),
                                new JournalRecord.Outgoing(done, E2, PEER),
                                new JournalRecord.Released(done, E2, DIGEST)));

        assertThat(Agent.restarted(view)).containsExactly(new JournalRecord.Refused(OP, E2));
        assertThat(Agent.restarted(AgentView.of(List.of(prepared()))))
                .containsExactly(new JournalRecord.Refused(OP, E3));
        assertThat(Agent.restarted(AgentView.of(List.of(prepared(), loaded())))).isEmpty();
    }

    @Test
    void after_a_restart_a_source_neither_sends_nor_switches_over_again() {
        AgentView restarted =
                AgentView.of(List.of(CLAIM, outgoing(), new JournalRecord.Refused(OP, E2)));

        assertThat(
                        Agent.decide(
                                restarted,
                                new Command.BeginOutgoing(V5, E2, OP, PEER),
                                new Alive(E2, State.RUNNING)))
                .isEqualTo(new Refuse(new Reason.AttemptOver(OP)));
        assertThat(
                        Agent.decide(
                                restarted,
                                new Command.Continue(V5, E2, OP),
                                new Alive(E2, State.POSTMIGRATE)))
                .isEqualTo(new Refuse(new Reason.AttemptOver(OP)));
    }

    @Test
    void a_late_go_finds_a_source_that_cancelled_by_itself() {
        assertThat(
                        Agent.decide(
                                AgentView.of(List.of(CLAIM, outgoing())),
                                new Command.Continue(V5, E2, OP),
                                new Alive(E2, State.RUNNING)))
                .isEqualTo(new Refuse(new Reason.AttemptOver(OP)));
    }

    @Test
    void a_promise_is_repeated_whatever_became_of_the_process() {
        AgentView released =
                AgentView.of(
                        List.of(CLAIM, outgoing(), new JournalRecord.Released(OP, E2, DIGEST)));

        assertThat(word(Agent.decide(released, new Command.Continue(V5, E2, OP), NOTHING)))
                .isEqualTo(new Word.Released(DIGEST));
        assertThat(Agent.unasked(released, NOTHING)).isEmpty();
    }

    @Test
    void a_node_says_unasked_that_its_guest_ended() {
        assertThat(Agent.unasked(AgentView.of(List.of(CLAIM)), NOTHING))
                .contains(new Word.Exited(E2));
        assertThat(Agent.unasked(AgentView.of(List.of(CLAIM)), new Alive(E2, State.RUNNING)))
                .isEmpty();
    }

    @Test
    void a_directory_that_was_claimed_again_is_not_retired() {
        AgentView back =
                AgentView.of(List.of(new JournalRecord.Claim(OP, E3, Mode.RESUME, DIRECTORY, E2)));

        assertThat(Agent.decide(back, new Command.Retire(V5, E2, OP, DIRECTORY), NOTHING))
                .isEqualTo(new Refuse(new Reason.StaleEpoch(E3, E2)));
    }

    @Test
    void an_attempt_s_epoch_is_no_floor_before_it_is_claimed() {
        AgentView view = AgentView.EMPTY;
        if (Agent.decide(view, new Command.Prepare(V5, E3, OP, PEER), NOTHING)
                instanceof Do(var first, _)) {
            view = AgentView.of(first);
        }

        assertThat(view.rowVersion()).isEqualTo(V5);
        assertThat(view.floorEpoch()).isEqualTo(Epoch.NONE);
    }

    private static Command cold(Epoch epoch) {
        return run(epoch, Mode.COLD);
    }

    private static Command run(Epoch epoch, Mode mode) {
        return new Command.Run(V5, epoch, OP, mode, DIRECTORY);
    }

    private static JournalRecord prepared() {
        return new JournalRecord.Prepared(OP, E3, new StateRef("g3-00000003"), PEER);
    }

    private static JournalRecord loaded() {
        return new JournalRecord.Loaded(OP, E3, DIGEST);
    }

    private static JournalRecord outgoing() {
        return new JournalRecord.Outgoing(OP, E2, PEER);
    }

    private static Word word(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Answer.class);
        return ((Answer) verdict).word();
    }

    private static Action action(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Do.class);
        return ((Do) verdict).action();
    }
}
