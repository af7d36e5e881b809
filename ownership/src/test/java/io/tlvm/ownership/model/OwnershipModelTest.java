package io.tlvm.ownership.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.ownership.Page;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.Verdict;
import io.tlvm.ownership.model.Explorer.Found;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.Phase;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Drives the product's own {@code Coordinator} and {@code Agent} through every interleaving that
 * the bounds allow, and checks every invariant at every step. Nothing is sampled and nothing is
 * copied.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OwnershipModelTest {
    private final Map<Configuration, Found> found = new EnumMap<>(Configuration.class);

    @BeforeAll
    void explore() {
        for (Configuration configuration : Configuration.values()) {
            found.put(configuration, new Explorer(Protocol.REAL).explore(configuration.start()));
        }
    }

    @AfterAll
    void print() {
        StringBuilder table =
                new StringBuilder(
                        """
                        | configuration | covers | states | transitions | seconds |
                        |---|---|---|---|---|
                        """);
        found.forEach(
                (configuration, result) ->
                        table.append(
                                String.format(
                                        Locale.ROOT,
                                        "| %s | %s | %,d | %,d | %.1f |%n",
                                        configuration,
                                        configuration.covers(),
                                        result.states(),
                                        result.transitions(),
                                        result.seconds())));
        System.out.print(table);
    }

    @Test
    void the_page_shows_how_much_was_searched() {
        StringBuilder table =
                new StringBuilder(
                        """
                        | configuration | covers | states | transitions |
                        |---|---|---|---|
                        """);
        found.forEach(
                (configuration, result) ->
                        table.append(
                                String.format(
                                        Locale.ROOT,
                                        "| %s | %s | %,d | %,d |\n",
                                        configuration,
                                        configuration.covers(),
                                        result.states(),
                                        result.transitions())));

        Page.shows("figures", table.toString());
    }

    @ParameterizedTest
    @EnumSource(Configuration.class)
    void no_step_breaks_an_invariant_and_a_settled_state_stays_in_reach(
            Configuration configuration) {
        Found result = found.get(configuration);

        assertThat(result.breach()).as(() -> String.join("\n", result.trace())).isNull();
    }

    @ParameterizedTest
    @EnumSource(Configuration.class)
    void what_the_search_forgot_could_not_have_mattered(Configuration configuration) {
        assertThat(Proof.check(found.get(configuration))).isPositive();
    }

    @Test
    void every_command_is_obeyed_somewhere() {
        assertThat(names(Command.class))
                .allSatisfy(
                        command ->
                                assertThat(taken())
                                        .anyMatch(
                                                tag ->
                                                        tag.startsWith(command + " does ")
                                                                || tag.startsWith(
                                                                        command + " answered ")));
    }

    @Test
    void every_action_is_done_and_every_word_is_said_somewhere() {
        Set<String> actions = names(Verdict.Action.class);
        // The row asks a target only after the source promised, and no source promises before
        // LOADED.
        actions.remove("AwaitLoaded");

        assertThat(actions)
                .allSatisfy(
                        action ->
                                assertThat(taken())
                                        .anyMatch(tag -> tag.endsWith(" does " + action)));
        assertThat(names(Verdict.Word.class))
                .allSatisfy(
                        word ->
                                assertThat(taken())
                                        .anyMatch(tag -> tag.endsWith(" answered " + word)));
    }

    @Test
    void every_event_changes_a_row_somewhere_but_a_refusal_of_state_that_nobody_harmed() {
        Set<String> events = names(Event.class);
        events.remove("StateRefused");

        assertThat(events)
                .allSatisfy(
                        event ->
                                assertThat(taken())
                                        .anyMatch(tag -> tag.contains(" + " + event + " = ")));
        assertThat(taken()).noneMatch(tag -> tag.contains("StateRefused"));
    }

    @Test
    void every_phase_is_left_somewhere_but_the_last_and_the_quarantine() {
        Set<String> phases = names(Phase.class);
        phases.remove("Quarantined");

        assertThat(phases)
                .allSatisfy(
                        phase ->
                                assertThat(taken()).anyMatch(tag -> tag.startsWith(phase + " + ")));
    }

    @Test
    void everything_happens_that_nobody_commands() {
        assertThat(taken())
                .contains(
                        "guest changes its TPM",
                        "guest powers off",
                        "agent reaps an ended QEMU",
                        "source reaches pre-switchover",
                        "stream breaks in pre-copy",
                        "source cancels at pre-switchover by itself",
                        "source completes, postmigrate",
                        "stream or acknowledgement lost, source resumes by itself",
                        "target's QEMU ends with its stream",
                        "target loaded the stream",
                        "ACTIVATED journaled",
                        "LOADED journaled, MANIFEST sealed",
                        "RELEASED journaled",
                        "agent starts",
                        "agent dies",
                        "QEMU dies",
                        "node dies",
                        "node is given up",
                        "renewal refused",
                        "power off, then an operator's word",
                        "fenced node cleans up",
                        "fenced node joins",
                        "crash after journal, before action",
                        "crash inside MakeState",
                        "crash inside ColdStart",
                        "crash inside StoreState",
                        "crash inside DestroySource");
    }

    private Set<String> taken() {
        Set<String> tags = new TreeSet<>();
        found.values().forEach(result -> tags.addAll(result.taken().keySet()));
        return tags;
    }

    /** The simple names of the kinds of a closed set that are records themselves. */
    private static Set<String> names(Class<?> sealed) {
        List<Class<?>> kinds = new ArrayList<>();
        Stream.of(sealed.getPermittedSubclasses()).filter(Class::isRecord).forEach(kinds::add);
        Set<String> names = new TreeSet<>();
        kinds.forEach(kind -> names.add(kind.getSimpleName()));
        return names;
    }
}
