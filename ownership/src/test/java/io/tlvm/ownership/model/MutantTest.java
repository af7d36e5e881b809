package io.tlvm.ownership.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.ownership.model.Budget.Limit;
import io.tlvm.ownership.model.Explorer.Found;
import io.tlvm.ownership.model.Protocol.Guard;

import org.junit.jupiter.api.Test;

import java.util.Locale;

/**
 * Takes one guard out of the protocol at a time and asks the model for the shortest way to harm. K5
 * to K8 are the counterexamples by which the design's text was corrected. A guard whose absence
 * harms nothing is redundant within the bounds; each of those says which other guard stands beside
 * it, and must survive, so that the reason stays true.
 */
class MutantTest {
    private static final World CREATE =
            Starts.creating(Budget.NONE.with(Limit.RETRIES, 1).with(Limit.STARTS, 1));
    private static final World STOP =
            Starts.running(
                    Budget.NONE
                            .with(Limit.STOPS, 1)
                            .with(Limit.STARTS, 1)
                            .with(Limit.EXITS, 1)
                            .with(Limit.CRASHES, 1));
    private static final World RETURN = Starts.running(Budget.NONE.with(Limit.MIGRATIONS, 2));
    private static final World LIVE =
            Starts.running(
                    Budget.NONE
                            .with(Limit.MIGRATIONS, 1)
                            .with(Limit.WRITES, 1)
                            .with(Limit.CRASHES, 1));

    /**
     * A VM that starts, so that its first grant may still be on the way, and a node that is lost.
     */
    private static final World LOST =
            Starts.stopped(Budget.NONE.with(Limit.STARTS, 1).with(Limit.FENCES, 1));

    private static final World MIGRATING =
            Starts.running(
                    Budget.NONE
                            .with(Limit.MIGRATIONS, 1)
                            .with(Limit.FENCES, 1)
                            .with(Limit.WRITES, 1));

    @Test
    void a_target_that_is_not_started_paused_runs_beside_its_source() {
        killed(Protocol.REAL.without(Guard.PAUSED_TARGET), LIVE, "I1");
    }

    @Test
    void a_commit_without_the_source_s_promise_lets_both_run() {
        killed(
                Protocol.REAL
                        .deciding(Mutants::commitsOnLoadedAlone)
                        .owing(Mutants::asksTargetEarly),
                LIVE,
                "I1");
    }

    @Test
    void an_agent_that_ignores_the_row_version_lets_a_late_grant_run_the_source_again() {
        killed(
                Protocol.REAL.obeying(Mutants::ignoresRowVersion).without(Guard.FORGETTING),
                LIVE,
                "I1");
    }

    @Test
    void k5_a_grant_that_is_good_for_two_starts_runs_a_stopped_vm() {
        killed(Protocol.REAL.obeying(Mutants::startsAnEpochTwice), STOP, "I12");
    }

    @Test
    void a_late_grant_that_wakes_an_ended_guest_runs_a_stopped_vm() {
        killed(Protocol.REAL.obeying(Mutants::wakesAnEndedGuest), STOP, "I12");
    }

    @Test
    void k6_a_create_that_is_obeyed_after_the_word_makes_a_second_tpm() {
        killed(Protocol.REAL.obeying(Mutants::ignoresTombstoneOfCreate), CREATE, "I8");
    }

    @Test
    void a_withdrawal_that_is_obeyed_after_the_state_was_made_destroys_what_the_row_names() {
        killed(Protocol.REAL.obeying(Mutants::withdrawsWhatIsMade), CREATE, "I4");
    }

    @Test
    void k7_a_prepare_repeated_after_its_qemu_died_empties_what_loaded_vouched_for() {
        killed(Protocol.REAL.obeying(Mutants::preparesTwiceAndVouchesBlindly), LIVE, "I4");
    }

    @Test
    void k7_alone_survives_because_loaded_is_only_said_of_a_copy_that_is_alive() {
        survives(Protocol.REAL.obeying(Mutants::preparesTwice), LIVE);
    }

    @Test
    void k8_a_commit_that_forgets_its_source_has_no_way_back() {
        killed(Protocol.REAL.deciding(Mutants::forgetsTheSourceAtCommit), LIVE, "LIVE");
    }

    @Test
    void a_source_retired_before_the_target_runs_is_missing_on_the_way_back() {
        killed(Protocol.REAL.deciding(Mutants::retiresAtCommit), LIVE, "I4");
    }

    @Test
    void an_abort_after_commit_lets_both_run() {
        killed(Protocol.REAL.deciding(Mutants::abortsAfterCommit), LIVE, "I1");
    }

    @Test
    void an_activation_of_another_epoch_retires_the_source_too_early() {
        killed(Protocol.REAL.deciding(Mutants::activatesByAnyEpoch), LIVE, "LIVE");
    }

    @Test
    void an_exit_of_another_epoch_stops_a_vm_that_runs() {
        killed(
                Protocol.REAL.deciding(Mutants::exitsByAnyEpoch).without(Guard.FORGETTING),
                STOP,
                "I12");
    }

    @Test
    void a_directory_derived_from_the_epoch_is_not_the_one_that_holds_the_state() {
        killed(Protocol.REAL.owing(Mutants::derivesDirectory), STOP, "LIVE");
    }

    @Test
    void ignoring_the_epoch_s_floor_survives_because_the_row_version_refuses_first() {
        survives(Protocol.REAL.obeying(Mutants::ignoresFloor), LIVE);
    }

    @Test
    void a_discard_after_claim_survives_because_an_abort_s_row_excludes_the_commit() {
        survives(Protocol.REAL.obeying(Mutants::discardsAfterClaim), LIVE);
    }

    @Test
    void an_adopt_of_a_copy_that_still_loads_survives_because_no_row_commits_before_loaded() {
        survives(Protocol.REAL.obeying(Mutants::adoptsWithoutLooking), LIVE);
    }

    @Test
    void a_resume_of_any_copy_survives_because_a_resume_only_goes_to_the_node_that_ran_last() {
        survives(Protocol.REAL.obeying(Mutants::resumesAnyCopy), RETURN);
    }

    @Test
    void
            an_abort_without_a_fresh_epoch_survives_because_row_version_and_operation_tell_grants_apart() {
        survives(Protocol.REAL.deciding(Mutants::keepsEpochOnAbort), LIVE);
    }

    @Test
    void k1_a_replica_that_remembers_a_fence_takes_the_vm_of_a_node_that_is_back() {
        killed(
                Protocol.REAL.reading(Mutants::remembersFences).without(Guard.FORGETTING),
                LOST,
                "I1");
    }

    @Test
    void k2_a_grant_to_a_node_that_did_not_join_is_obeyed_when_its_vm_was_recovered() {
        killed(
                Protocol.REAL.without(Guard.JOIN_FIRST).deciding(Mutants::givesToAnyNode),
                MIGRATING,
                "I1");
    }

    @Test
    void a_node_that_takes_commands_before_it_joined_runs_what_was_recovered_elsewhere() {
        killed(Protocol.REAL.without(Guard.JOIN_FIRST), LOST, "I1");
    }

    @Test
    void a_vm_given_to_a_node_that_is_not_up_waits_for_one_that_may_never_return() {
        killed(Protocol.REAL.deciding(Mutants::givesToAnyNode), LOST, "LIVE");
    }

    @Test
    void a_vm_that_moves_without_a_fence_runs_twice() {
        killed(Protocol.REAL.reading(Mutants::takesFromAnyNode), LOST, "I1");
    }

    @Test
    void a_word_that_a_living_node_is_dead_lets_a_vm_run_twice() {
        killed(Protocol.REAL.without(Guard.TRUE_WORD), LOST, "I1");
    }

    @Test
    void a_target_s_copy_taken_because_the_source_was_fenced_is_older_than_the_source_s() {
        killed(
                Protocol.REAL
                        .deciding(Mutants::adoptsWhatALostSourceDidNotRelease)
                        .owing(Mutants::asksTargetEarly),
                MIGRATING,
                "I3");
    }

    @Test
    void a_recovery_from_a_derived_directory_does_not_find_the_state() {
        killed(Protocol.REAL.owing(Mutants::derivesLostDirectory), LOST, "LIVE");
    }

    @Test
    void a_node_that_joins_without_reading_the_row_obeys_the_create_of_before() {
        killed(Protocol.REAL.comingHome(Mutants::keepsItsJournal), LOST, "I8");
    }

    @Test
    void a_node_that_joins_by_a_row_that_changed_meanwhile_obeys_the_grants_of_before() {
        killed(Protocol.REAL.without(Guard.SECOND_LOOK), LOST, "I1");
    }

    @Test
    void a_returning_node_that_destroys_what_the_row_names_destroys_the_last_copy() {
        killed(Protocol.REAL.comingHome(Mutants::sparesNothing), LOST, "I4");
    }

    @Test
    void a_recovery_that_retires_the_lost_copy_before_its_own_is_stored_destroys_the_last_one() {
        killed(Protocol.REAL.deciding(Mutants::retiresBeforeStored), LOST, "I4");
    }

    @Test
    void a_state_stored_by_a_dead_attempt_is_not_what_the_row_waits_for() {
        killed(
                Protocol.REAL.deciding(Mutants::takesAnyStoredState).without(Guard.FORGETTING),
                Starts.running(Budget.NONE.with(Limit.FENCES, 1).with(Limit.RETARGETS, 1)),
                "I4");
    }

    @Test
    void storing_after_the_word_survives_because_the_row_version_refuses_first() {
        survives(Protocol.REAL.obeying(Mutants::storesAfterDiscard), LOST);
    }

    private static void killed(Protocol mutant, World start, String invariant) {
        Found found =
                new Explorer(
                                mutant,
                                breach ->
                                        !breach.invariant().equals("I12")
                                                || invariant.equals("I12"))
                        .explore(start);

        System.out.print(report(found));
        assertThat(found.breach()).isNotNull();
        assertThat(found.breach().invariant()).isEqualTo(invariant);
    }

    private static void survives(Protocol mutant, World start) {
        Found found = new Explorer(mutant).explore(start);

        System.out.print(report(found));
        assertThat(found.breach()).as(() -> String.join("\n", found.trace())).isNull();
    }

    private static String report(Found found) {
        StringBuilder text = new StringBuilder();
        String caller =
                StackWalker.getInstance()
                        .walk(frames -> frames.skip(2).findFirst().orElseThrow().getMethodName());
        text.append(
                String.format(
                        Locale.ROOT,
                        "%s: %s, %,d states%n",
                        caller,
                        found.breach() == null ? "survives" : found.breach(),
                        found.states()));
        for (int i = 0; i < found.trace().size(); i++) {
            text.append(String.format(Locale.ROOT, "  %2d %s%n", i + 1, found.trace().get(i)));
        }
        return text.toString();
    }
}
