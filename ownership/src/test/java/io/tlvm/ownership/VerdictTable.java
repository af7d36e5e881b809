package io.tlvm.ownership;

import static io.tlvm.ownership.TransitionTable.ATTEMPT;
import static io.tlvm.ownership.TransitionTable.DIGEST;
import static io.tlvm.ownership.TransitionTable.EPOCH;
import static io.tlvm.ownership.TransitionTable.FIRST;
import static io.tlvm.ownership.TransitionTable.HERE;
import static io.tlvm.ownership.TransitionTable.OP;
import static io.tlvm.ownership.TransitionTable.THERE;
import static io.tlvm.ownership.TransitionTable.kind;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.journal.Agent;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.Observed;
import io.tlvm.ownership.journal.Observed.Alive;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.journal.Verdict;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.StopMode;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Asks the agent what each kind of command is to it in the situations that differ, and writes the
 * answers as a table.
 */
final class VerdictTable {
    static final RowVersion VERSION = new RowVersion(7);

    private VerdictTable() {}

    /** What a journal says, and what lives beside it. */
    record Situation(AgentView view, Observed observed) {}

    static Map<String, Situation> situations() {
        Observed nothing = new Observed.Nothing();
        AgentView made =
                AgentView.of(
                        List.of(
                                new JournalRecord.Seen(new RowVersion(1), new Epoch(1)),
                                new JournalRecord.Created(FIRST, new Epoch(1), HERE)));
        AgentView ran =
                made.with(new JournalRecord.Seen(new RowVersion(3), EPOCH))
                        .with(new JournalRecord.Claim(FIRST, EPOCH, Mode.COLD, HERE, EPOCH));
        AgentView sending = ran.with(new JournalRecord.Outgoing(OP, EPOCH, TransitionTable.B));
        AgentView released = sending.with(new JournalRecord.Released(OP, EPOCH, DIGEST));
        AgentView prepared =
                AgentView.of(
                        List.of(
                                new JournalRecord.Seen(new RowVersion(5), Epoch.NONE),
                                new JournalRecord.Prepared(OP, ATTEMPT, THERE, TransitionTable.A)));
        AgentView loaded = prepared.with(new JournalRecord.Loaded(OP, ATTEMPT, DIGEST));
        AgentView adopted =
                loaded.with(new JournalRecord.Seen(new RowVersion(6), ATTEMPT))
                        .with(new JournalRecord.Claim(OP, ATTEMPT, Mode.ADOPT, THERE, ATTEMPT));
        Map<String, Situation> all = new LinkedHashMap<>();
        all.put("never heard of the VM", new Situation(AgentView.EMPTY, nothing));
        all.put("made its state", new Situation(made, nothing));
        all.put("runs it", new Situation(ran, new Alive(EPOCH, State.RUNNING)));
        all.put("its guest ended", new Situation(ran, new Alive(EPOCH, State.ENDED)));
        all.put("its QEMU is gone", new Situation(ran, nothing));
        all.put(
                "source at the pause",
                new Situation(sending, new Alive(EPOCH, State.PRE_SWITCHOVER)));
        all.put(
                "source resumed by itself",
                new Situation(sending, new Alive(EPOCH, State.RUNNING)));
        all.put(
                "source that promised",
                new Situation(released, new Alive(EPOCH, State.POSTMIGRATE)));
        all.put("target prepared", new Situation(prepared, new Alive(ATTEMPT, State.INCOMING)));
        all.put("target prepared, QEMU gone", new Situation(prepared, nothing));
        all.put("target loaded", new Situation(loaded, new Alive(ATTEMPT, State.LOADED)));
        all.put("target loaded, QEMU gone", new Situation(loaded, nothing));
        all.put("target adopted", new Situation(adopted, new Alive(ATTEMPT, State.RUNNING)));
        AgentView storing =
                AgentView.of(
                        List.of(
                                new JournalRecord.Seen(new RowVersion(6), Epoch.NONE),
                                new JournalRecord.Storing(OP, ATTEMPT, THERE)));
        all.put("stores a lost node's state", new Situation(storing, nothing));
        all.put(
                "stored it",
                new Situation(
                        storing.with(new JournalRecord.Stored(OP, ATTEMPT, DIGEST)), nothing));
        all.put(
                "gave its word",
                new Situation(
                        AgentView.of(
                                List.of(
                                        new JournalRecord.Tombstone(OP, ATTEMPT),
                                        new JournalRecord.Tombstone(OP, EPOCH),
                                        new JournalRecord.Tombstone(FIRST, new Epoch(1)))),
                        nothing));
        all.put(
                "purged",
                new Situation(AgentView.of(List.of(new JournalRecord.Purged(OP))), nothing));
        return all;
    }

    static Map<String, Command> commands() {
        Map<String, Command> all = new LinkedHashMap<>();
        all.put("Create", new Command.Create(VERSION, new Epoch(1), FIRST));
        all.put("Withdraw", new Command.Withdraw(VERSION, new Epoch(1), FIRST));
        all.put("Run cold", new Command.Run(VERSION, EPOCH, FIRST, Mode.COLD, HERE));
        all.put(
                "Run cold, later epoch",
                new Command.Run(VERSION, new Epoch(4), FIRST, Mode.COLD, HERE));
        all.put("Run adopt", new Command.Run(VERSION, ATTEMPT, OP, Mode.ADOPT, THERE));
        all.put("Run resume", new Command.Run(VERSION, new Epoch(4), OP, Mode.RESUME, HERE));
        all.put("Stop", new Command.Stop(VERSION, EPOCH, OP, StopMode.FORCED));
        all.put("Prepare", new Command.Prepare(VERSION, ATTEMPT, OP, TransitionTable.A));
        all.put("BeginOutgoing", new Command.BeginOutgoing(VERSION, EPOCH, OP, TransitionTable.B));
        all.put("Continue", new Command.Continue(VERSION, EPOCH, OP));
        all.put("ConfirmLoaded", new Command.ConfirmLoaded(VERSION, ATTEMPT, OP));
        all.put(
                "StoreState",
                new Command.StoreState(VERSION, ATTEMPT, OP, TransitionTable.A, HERE, THERE));
        all.put("Discard", new Command.Discard(VERSION, ATTEMPT, OP));
        all.put("Retire", new Command.Retire(VERSION, EPOCH, OP, HERE));
        all.put("Purge", new Command.Purge(VERSION, Epoch.NONE, OP));
        return all;
    }

    static String markdown() {
        StringBuilder text = new StringBuilder("| the node |");
        Map<String, Command> commands = commands();
        commands.keySet().forEach(name -> text.append(' ').append(name).append(" |"));
        text.append("\n|---|").append("---|".repeat(commands.size())).append('\n');
        situations()
                .forEach(
                        (name, situation) -> {
                            text.append("| ").append(name).append(" |");
                            commands.values()
                                    .forEach(
                                            command ->
                                                    text.append(' ')
                                                            .append(
                                                                    cell(
                                                                            Agent.decide(
                                                                                    situation
                                                                                            .view(),
                                                                                    command,
                                                                                    situation
                                                                                            .observed())))
                                                            .append(" |"));
                            text.append('\n');
                        });
        return text.toString();
    }

    private static String cell(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Do(_, var action) -> "**" + kind(action) + "**";
            case Verdict.Answer(_, var word) -> "“" + kind(word) + "”";
            case Verdict.Refuse(var reason) -> kind(reason);
        };
    }
}
