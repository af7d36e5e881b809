package io.tlvm.ownership.row;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Decision.Already;
import io.tlvm.ownership.row.Decision.Next;
import io.tlvm.ownership.row.Decision.Refused;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.StopMode;

import org.junit.jupiter.api.Test;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

class CoordinatorTest {
    private static final NodeName A = new NodeName("a");
    private static final NodeName B = new NodeName("b");
    private static final Nodes ALL_UP = up(A, B);
    private static final OperationId CREATE = op(1);
    private static final OperationId START = op(2);
    private static final OperationId MIGRATE = op(3);
    private static final StateRef MADE = StateRef.ofAttempt(new Epoch(1), CREATE);
    private static final Attempt.Prepared PREPARED =
            new Attempt.Prepared("00", StateRef.ofAttempt(new Epoch(3), MIGRATE));
    private static final Instant NOON = Instant.parse("2030-01-01T12:00:00Z");
    private static final Digest DIGEST = new Digest("sha256:" + "0".repeat(64));

    @Test
    void a_start_draws_a_fresh_epoch_and_owes_one_cold_run() {
        OwnershipRow row = next(stopped(), new Event.StartAsked(START));

        assertThat(row.epoch()).isEqualTo(new Epoch(2));
        assertThat(Coordinator.owed(row))
                .containsExactly(new Step.Run(A, START, new Epoch(2), Mode.COLD, MADE));
    }

    @Test
    void a_start_is_refused_while_the_owner_is_not_up() {
        assertThat(Coordinator.decide(stopped(), new Event.StartAsked(START), up()))
                .isEqualTo(new Refused(new Refusal.NodeNotUp(A)));
    }

    @Test
    void state_made_for_a_withdrawn_create_is_refused() {
        OwnershipRow row = next(creating(), new Event.CreateWithdrawn(CREATE, new Epoch(1), B));

        assertThat(row.owner()).isEqualTo(B);
        assertThat(decide(row, new Event.StateCreated(CREATE, new Epoch(1), MADE, identity())))
                .isEqualTo(new Refused(new Refusal.OtherEpoch(new Epoch(1), new Epoch(2))));
    }

    @Test
    void a_create_that_is_given_up_is_purged_and_what_it_made_late_comes_too_late() {
        OwnershipRow row = next(creating(), new Event.PurgeAsked(op(9), new TreeSet<>()));

        assertThat(Coordinator.owed(row)).containsExactly(new Step.Purge(A, op(9)));
        assertThat(decide(row, new Event.StateCreated(CREATE, new Epoch(1), MADE, identity())))
                .isInstanceOf(Refused.class);
    }

    @Test
    void an_exit_of_an_earlier_epoch_does_not_stop_the_vm() {
        OwnershipRow row = running();

        assertThat(decide(row, new Event.Exited(new Epoch(1)))).isInstanceOf(Refused.class);
        assertThat(next(row, new Event.Exited(row.epoch())).phase()).isEqualTo(new Phase.Stopped());
    }

    @Test
    void a_guest_that_ends_while_a_stop_is_ordered_has_stopped() {
        OwnershipRow row = next(running(), new Event.StopAsked(op(7), StopMode.GRACEFUL));

        assertThat(next(row, new Event.Exited(row.epoch())).phase()).isEqualTo(new Phase.Stopped());
    }

    @Test
    void a_forced_stop_takes_over_from_a_graceful_one_and_never_the_other_way() {
        OwnershipRow graceful = next(running(), new Event.StopAsked(op(7), StopMode.GRACEFUL));
        OwnershipRow forced = next(graceful, new Event.StopAsked(op(8), StopMode.FORCED));

        assertThat(Coordinator.owed(forced))
                .containsExactly(new Step.Stop(A, op(8), new Epoch(2), StopMode.FORCED));
        assertThat(decide(forced, new Event.StopAsked(op(9), StopMode.GRACEFUL)))
                .isEqualTo(new Refused(new Refusal.Busy(op(8))));
    }

    @Test
    void a_graceful_stop_lets_a_paused_copy_run_first_and_a_forced_one_does_not() {
        OwnershipRow adopting = committed();

        assertThat(Coordinator.owed(next(adopting, new Event.StopAsked(op(7), StopMode.GRACEFUL))))
                .singleElement()
                .isInstanceOf(Step.Run.class);
        assertThat(Coordinator.owed(next(adopting, new Event.StopAsked(op(7), StopMode.FORCED))))
                .singleElement()
                .isInstanceOf(Step.Stop.class);
    }

    @Test
    void a_cold_start_that_did_not_happen_yet_is_stopped_without_happening() {
        OwnershipRow starting = next(stopped(), new Event.StartAsked(START));

        assertThat(Coordinator.owed(next(starting, new Event.StopAsked(op(7), StopMode.GRACEFUL))))
                .singleElement()
                .isInstanceOf(Step.Stop.class);
    }

    @Test
    void a_migration_needs_a_guest_that_said_it_runs() {
        OwnershipRow starting = next(stopped(), new Event.StartAsked(START));

        assertThat(decide(starting, new Event.MigrationAsked(MIGRATE, B, NOON)))
                .isEqualTo(new Refused(new Refusal.Busy(START)));
    }

    @Test
    void go_is_refused_while_the_target_is_not_up() {
        assertThat(Coordinator.decide(prepared(), new Event.SourceReady(MIGRATE), up(A)))
                .isEqualTo(new Refused(new Refusal.NodeNotUp(B)));
    }

    @Test
    void a_target_that_prepared_anew_ends_the_attempt() {
        Event other =
                new Event.TargetPrepared(MIGRATE, new Attempt.Prepared("ff", PREPARED.directory()));

        OwnershipRow row = next(prepared(), other);

        assertThat(row.phase()).isEqualTo(new Phase.Running(MIGRATE, Mode.RESUME, false, null));
        assertThat(row.epoch()).isEqualTo(new Epoch(4));
    }

    @Test
    void commit_makes_the_attempt_s_number_the_epoch_and_keeps_the_source() {
        OwnershipRow row = committed();

        assertThat(row.owner()).isEqualTo(B);
        assertThat(row.epoch()).isEqualTo(new Epoch(3));
        assertThat(row.stateRef()).isEqualTo(PREPARED.directory());
        assertThat(row.prior()).isEqualTo(new OwnershipRow.Prior(A, MADE, new Epoch(2)));
        assertThat(row.cleanUps()).isEmpty();
    }

    @Test
    void commit_is_refused_for_another_digest_than_the_one_promised() {
        Digest other = new Digest("sha256:" + "1".repeat(64));

        assertThat(decide(released(), new Event.TargetLoaded(MIGRATE, other)))
                .isEqualTo(new Refused(new Refusal.DigestsDiffer(DIGEST, other)));
    }

    @Test
    void nothing_takes_a_commit_back_but_the_target_s_word() {
        assertThat(decide(committed(), new Event.Aborted(MIGRATE, "deadline")))
                .isInstanceOf(Refused.class);
        assertThat(next(committed(), new Event.NotClaimed(new Epoch(3), true)).owner())
                .isEqualTo(A);
    }

    @Test
    void a_source_that_ends_after_its_promise_does_not_end_the_guest() {
        assertThat(decide(released(), new Event.Exited(new Epoch(2))))
                .isEqualTo(new Already(released()));
        assertThat(next(handover(), new Event.Exited(new Epoch(2))).phase())
                .isEqualTo(new Phase.Stopped());
    }

    @Test
    void a_target_that_did_not_claim_starts_cold_where_the_source_is_lost_as_well() {
        OwnershipRow row = next(committed(), new Event.NotClaimed(new Epoch(3), false));

        assertThat(row.phase()).isEqualTo(new Phase.Running(MIGRATE, Mode.COLD, false, null));
        assertThat(row.owner()).isEqualTo(B);
        assertThat(row.prior()).isNotNull();
    }

    @Test
    void the_source_is_retired_only_when_the_new_owner_runs() {
        OwnershipRow row = next(committed(), new Event.Activated(new Epoch(3)));

        assertThat(row.prior()).isNull();
        assertThat(Coordinator.owed(row))
                .containsExactly(
                        new Step.Destroy(
                                new CleanUp(CleanUp.Kind.RETIRE, A, MIGRATE, new Epoch(2), MADE)));
    }

    @Test
    void an_abort_owes_a_discard_also_where_the_target_s_answer_was_lost() {
        OwnershipRow row = next(planned(), new Event.Aborted(MIGRATE, "deadline"));

        assertThat(Coordinator.owed(row))
                .contains(
                        new Step.Destroy(
                                new CleanUp(CleanUp.Kind.DISCARD, B, MIGRATE, new Epoch(3), null)));
    }

    @Test
    void only_a_cold_start_finds_state_wanting() {
        OwnershipRow starting = next(stopped(), new Event.StartAsked(START));

        assertThat(next(starting, new Event.StateRefused(new Epoch(2), "why")).phase())
                .isEqualTo(new Phase.Quarantined("why"));
        assertThat(decide(committed(), new Event.StateRefused(new Epoch(3), "why")))
                .isInstanceOf(Refused.class);
    }

    @Test
    void a_purge_asks_every_node_that_may_hold_state_and_nothing_else_is_owed() {
        OwnershipRow aborted = next(planned(), new Event.Aborted(MIGRATE, "deadline"));
        OwnershipRow stopped = next(aborted, new Event.Exited(aborted.epoch()));
        OwnershipRow deleting = next(stopped, new Event.DeleteAsked(op(7), NOON));

        OwnershipRow purged = next(deleting, new Event.PurgeAsked(op(8), new TreeSet<>()));

        assertThat(Coordinator.owed(purged))
                .containsExactly(new Step.Purge(A, op(8)), new Step.Purge(B, op(8)));
        assertThat(decide(purged, new Event.UndeleteAsked(op(9)))).isInstanceOf(Refused.class);
    }

    @Test
    void a_lost_vm_is_stored_in_a_directory_of_its_own_then_started_and_owes_its_old_one() {
        OwnershipRow lost = lost(running());
        Epoch attempt = new Epoch(3);
        StateRef into = StateRef.ofAttempt(attempt, op(7));

        assertThat(Coordinator.owed(lost))
                .containsExactly(new Step.StoreState(B, op(7), attempt, A, MADE, into));
        OwnershipRow started = nextWithout(lost, new Event.StateStored(op(7), attempt, DIGEST), B);
        assertThat(started.owner()).isEqualTo(B);
        assertThat(started.stateRef()).isEqualTo(into);
        assertThat(started.prior()).isEqualTo(new OwnershipRow.Prior(A, MADE, new Epoch(2)));
        assertThat(Coordinator.owed(started))
                .containsExactly(new Step.Run(B, op(7), attempt, Mode.COLD, into));
        OwnershipRow runs = nextWithout(started, new Event.Activated(attempt), B);
        assertThat(runs.cleanUps())
                .containsExactly(new CleanUp(CleanUp.Kind.RETIRE, A, op(7), new Epoch(2), MADE));
    }

    @Test
    void a_lost_vm_that_was_stopped_or_about_to_be_comes_back_stopped() {
        for (OwnershipRow row :
                List.of(
                        stopped(),
                        next(running(), new Event.StopAsked(op(6), StopMode.GRACEFUL)))) {
            OwnershipRow lost = lost(row);
            Epoch attempt = lost.attemptEpoch();

            OwnershipRow rests =
                    nextWithout(lost, new Event.StateStored(op(7), attempt, DIGEST), B);
            assertThat(rests.phase()).isEqualTo(new Phase.Stopped());
            assertThat(rests.owner()).isEqualTo(B);
            assertThat(rests.cleanUps()).extracting(CleanUp::node).containsExactly(A);
        }
    }

    @Test
    void no_vm_leaves_a_node_that_is_not_fenced_nor_goes_to_one_that_is_not_up() {
        assertThat(Coordinator.decide(running(), new Event.NodeLost(op(7), B), up(A, B)))
                .isEqualTo(new Refused(new Refusal.NodeNotFenced(A)));
        assertThat(Coordinator.decide(running(), new Event.NodeLost(op(7), B), up()))
                .isEqualTo(new Refused(new Refusal.NodeNotUp(B)));
        Event stored = new Event.StateStored(op(7), new Epoch(3), DIGEST);
        assertThat(Coordinator.decide(lost(running()), stored, up()))
                .isEqualTo(new Refused(new Refusal.NodeNotUp(B)));
    }

    @Test
    void a_source_lost_before_its_promise_is_recovered_from_its_own_state() {
        OwnershipRow lost = lost(handover());

        assertThat(Coordinator.owed(lost))
                .contains(
                        new Step.StoreState(
                                B,
                                op(7),
                                lost.attemptEpoch(),
                                A,
                                MADE,
                                StateRef.ofAttempt(lost.attemptEpoch(), op(7))));
        assertThat(lost.cleanUps()).extracting(CleanUp::kind).containsExactly(CleanUp.Kind.DISCARD);
        assertThat(decide(lost, new Event.TargetLoaded(MIGRATE, DIGEST)))
                .isInstanceOf(Refused.class);
    }

    @Test
    void a_source_lost_after_its_promise_is_finished_with_by_the_target() {
        assertThat(Coordinator.decide(released(), new Event.NodeLost(op(7), B), up(B)))
                .isEqualTo(new Refused(new Refusal.Busy(MIGRATE)));
        assertThat(nextWithout(released(), new Event.TargetLoaded(MIGRATE, DIGEST), B).owner())
                .isEqualTo(B);
    }

    @Test
    void an_owner_that_is_back_first_starts_its_vm_anew_from_the_same_directory() {
        OwnershipRow back = next(lost(running()), new Event.OwnerReturned());

        assertThat(back.owner()).isEqualTo(A);
        assertThat(back.epoch()).isEqualTo(new Epoch(4));
        assertThat(back.phase()).isEqualTo(new Phase.Running(op(7), Mode.COLD, false, null));
        assertThat(back.stateRef()).isEqualTo(MADE);
        assertThat(back.cleanUps()).extracting(CleanUp::node).containsExactly(B);
    }

    @Test
    void a_state_that_a_recovery_finds_wanting_is_for_a_human() {
        OwnershipRow lost = lost(running());

        assertThat(next(lost, new Event.StateRefused(new Epoch(3), "foreign")).phase())
                .isEqualTo(new Phase.Quarantined("foreign"));
    }

    private static OwnershipRow lost(OwnershipRow row) {
        return nextWithout(row, new Event.NodeLost(op(7), B), B);
    }

    /** With these nodes UP and all others FENCED. */
    private static OwnershipRow nextWithout(OwnershipRow row, Event event, NodeName... up) {
        Decision decision = Coordinator.decide(row, event, up(up));
        assertThat(decision).isInstanceOf(Next.class);
        return ((Next) decision).row();
    }

    /** These nodes are UP, all others are FENCED. */
    private static Nodes up(NodeName... names) {
        Set<NodeName> up = Set.of(names);
        return new Nodes() {
            @Override
            public boolean isUp(NodeName node) {
                return up.contains(node);
            }

            @Override
            public boolean isFenced(NodeName node) {
                return !up.contains(node);
            }
        };
    }

    private static OperationId op(int number) {
        return new OperationId("0000000" + number + "-0000-0000-0000-000000000000");
    }

    private static GuestIdentity identity() {
        return new GuestIdentity("sha256:ek", "");
    }

    private static OwnershipRow creating() {
        return OwnershipRow.create(new VmUid("c0ffee00-0000-4000-8000-000000000000"), A, CREATE);
    }

    private static OwnershipRow stopped() {
        return next(creating(), new Event.StateCreated(CREATE, new Epoch(1), MADE, identity()));
    }

    private static OwnershipRow running() {
        return after(stopped(), new Event.StartAsked(START), new Event.Activated(new Epoch(2)));
    }

    private static OwnershipRow planned() {
        return next(running(), new Event.MigrationAsked(MIGRATE, B, NOON));
    }

    private static OwnershipRow prepared() {
        return next(planned(), new Event.TargetPrepared(MIGRATE, PREPARED));
    }

    private static OwnershipRow handover() {
        return next(prepared(), new Event.SourceReady(MIGRATE));
    }

    private static OwnershipRow released() {
        return next(handover(), new Event.SourceReleased(MIGRATE, DIGEST));
    }

    private static OwnershipRow committed() {
        return next(released(), new Event.TargetLoaded(MIGRATE, DIGEST));
    }

    private static OwnershipRow after(OwnershipRow row, Event... events) {
        OwnershipRow last = row;
        for (Event event : List.of(events)) {
            last = next(last, event);
        }
        return last;
    }

    private static Decision decide(OwnershipRow row, Event event) {
        return Coordinator.decide(row, event, ALL_UP);
    }

    private static OwnershipRow next(OwnershipRow row, Event event) {
        Decision decision = decide(row, event);
        assertThat(decision).isInstanceOf(Next.class);
        OwnershipRow next = ((Next) decision).row();
        assertThat(next.version()).isEqualTo(row.version().next());
        return next;
    }
}
