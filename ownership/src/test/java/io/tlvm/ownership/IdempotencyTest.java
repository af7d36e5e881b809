package io.tlvm.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.ownership.journal.Agent;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.Observed;
import io.tlvm.ownership.journal.Verdict;
import io.tlvm.ownership.journal.Verdict.Action;
import io.tlvm.ownership.row.Coordinator;
import io.tlvm.ownership.row.Decision;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

class IdempotencyTest {
    @TestFactory
    Stream<DynamicTest> an_event_that_comes_twice_changes_the_row_once() {
        return TransitionTable.rows().entrySet().stream()
                .flatMap(
                        row ->
                                TransitionTable.events().stream()
                                        .map(
                                                event ->
                                                        DynamicTest.dynamicTest(
                                                                TransitionTable.kind(event)
                                                                        + " in "
                                                                        + row.getKey(),
                                                                () ->
                                                                        once(
                                                                                row.getValue(),
                                                                                event))));
    }

    private static void once(OwnershipRow row, Event event) {
        if (Coordinator.decide(row, event, TransitionTable.ANY)
                instanceof Decision.Next(var next)) {
            assertThat(Coordinator.decide(next, event, TransitionTable.ANY))
                    .isNotInstanceOf(Decision.Next.class);
        }
    }

    @TestFactory
    Stream<DynamicTest> a_command_that_comes_twice_never_starts_anything_twice() {
        return VerdictTable.situations().entrySet().stream()
                .flatMap(
                        situation ->
                                VerdictTable.commands().entrySet().stream()
                                        .map(
                                                command ->
                                                        DynamicTest.dynamicTest(
                                                                command.getKey()
                                                                        + " where the node "
                                                                        + situation.getKey(),
                                                                () ->
                                                                        twice(
                                                                                situation
                                                                                        .getValue(),
                                                                                command
                                                                                        .getValue()))));
    }

    /**
     * The second time finds the records of the first, and the same processes: the agent died before
     * it acted.
     */
    private static void twice(VerdictTable.Situation at, Command command) {
        Verdict first = Agent.decide(at.view(), command, at.observed());
        Verdict second = Agent.decide(after(at.view(), records(first)), command, at.observed());
        switch (first) {
            case Verdict.Refuse _, Verdict.Answer _ ->
                    assertThat(word(second)).isEqualTo(word(first));
            case Verdict.Do(_, var action) -> {
                switch (action) {
                    case Action.ColdStart _ ->
                            assertThat(word(second))
                                    .isEqualTo(new Verdict.Word.Exited(command.epoch()));
                    case Action.PrepareTarget _ ->
                            assertThat(word(second))
                                    .isEqualTo(new Verdict.Reason.AttemptOver(command.op()));
                    case Action.Adopt _, Action.Resume _ ->
                            assertThat(word(second)).isEqualTo(new Action.EnsureRunning());
                    case Action.MakeState _,
                            Action.DropState _,
                            Action.EnsureRunning _,
                            Action.EndGuest _,
                            Action.RepeatPrepared _,
                            Action.Send _,
                            Action.SwitchOver _,
                            Action.AwaitLoaded _,
                            Action.StoreState _,
                            Action.DestroyAttempt _,
                            Action.DestroySource _,
                            Action.DestroyAll _ ->
                            assertThat(word(second)).isEqualTo(action);
                }
            }
        }
    }

    @Test
    void a_command_older_than_what_the_node_has_seen_is_refused_whatever_it_is() {
        AgentView later =
                AgentView.EMPTY.with(
                        new JournalRecord.Seen(VerdictTable.VERSION.next(), TransitionTable.EPOCH));

        for (Map.Entry<String, Command> command : VerdictTable.commands().entrySet()) {
            assertThat(Agent.decide(later, command.getValue(), new Observed.Nothing()))
                    .as(command.getKey())
                    .isEqualTo(
                            new Verdict.Refuse(
                                    new Verdict.Reason.Stale(
                                            VerdictTable.VERSION.next(), VerdictTable.VERSION)));
        }
    }

    private static AgentView after(AgentView view, List<JournalRecord> records) {
        AgentView last = view;
        for (JournalRecord one : records) {
            last = last.with(one);
        }
        return last;
    }

    private static List<JournalRecord> records(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Do(var first, _) -> first;
            case Verdict.Answer(var first, _) -> first;
            case Verdict.Refuse _ -> List.of();
        };
    }

    private static Object word(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Do(_, var action) -> action;
            case Verdict.Answer(_, var word) -> word;
            case Verdict.Refuse(var reason) -> reason;
        };
    }
}
