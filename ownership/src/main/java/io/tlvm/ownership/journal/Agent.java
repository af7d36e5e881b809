package io.tlvm.ownership.journal;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Command.BeginOutgoing;
import io.tlvm.ownership.journal.Command.ConfirmLoaded;
import io.tlvm.ownership.journal.Command.Continue;
import io.tlvm.ownership.journal.Command.Create;
import io.tlvm.ownership.journal.Command.Discard;
import io.tlvm.ownership.journal.Command.Prepare;
import io.tlvm.ownership.journal.Command.Purge;
import io.tlvm.ownership.journal.Command.Retire;
import io.tlvm.ownership.journal.Command.Run;
import io.tlvm.ownership.journal.Command.Stop;
import io.tlvm.ownership.journal.Command.StoreState;
import io.tlvm.ownership.journal.Command.Withdraw;
import io.tlvm.ownership.journal.JournalRecord.Claim;
import io.tlvm.ownership.journal.JournalRecord.Seen;
import io.tlvm.ownership.journal.JournalRecord.Tombstone;
import io.tlvm.ownership.journal.Observed.Alive;
import io.tlvm.ownership.journal.Observed.Nothing;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.journal.Verdict.Action;
import io.tlvm.ownership.journal.Verdict.Answer;
import io.tlvm.ownership.journal.Verdict.Do;
import io.tlvm.ownership.journal.Verdict.Reason;
import io.tlvm.ownership.journal.Verdict.Refuse;
import io.tlvm.ownership.journal.Verdict.Word;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The agent's half of the ownership protocol. Pure: what the journal says, what was just read of
 * the processes and a command make a verdict. The machine driver appends and syncs the verdict's
 * records, then acts; after a crash it asks again and finds the same rules.
 */
public final class Agent {
    private Agent() {}

    /** What {@code command} is to this node. */
    public static Verdict decide(AgentView view, Command command, Observed observed) {
        if (command.rowVersion().isBefore(view.rowVersion())) {
            return new Refuse(new Reason.Stale(view.rowVersion(), command.rowVersion()));
        }
        if (view.purged() && !(command instanceof Purge)) {
            return new Refuse(new Reason.Purged());
        }
        return switch (command) {
            case Create create -> create(view, create);
            case Withdraw withdraw -> withdraw(view, withdraw);
            case Run run -> run(view, run, observed);
            case Stop stop -> stop(view, stop, observed);
            case Prepare prepare -> prepare(view, prepare, observed);
            case BeginOutgoing begin -> beginOutgoing(view, begin, observed);
            case Continue go -> go(view, go, observed);
            case ConfirmLoaded confirm -> confirmLoaded(view, confirm, observed);
            case StoreState store -> storeState(view, store, observed);
            case Discard discard -> discard(view, discard);
            case Retire retire -> retire(view, retire);
            case Purge purge ->
                    new Do(
                            seen(purge, new JournalRecord.Purged(purge.op())),
                            new Action.DestroyAll());
        };
    }

    /**
     * What an agent appends, once, when it starts and before it takes a command. What it held in
     * memory alone is lost: the stream of a source, the one-operation key of a target. So every
     * attempt that it has not finished with LOADED or RELEASED is over here; the row learns it by
     * the next refusal and aborts.
     */
    public static List<JournalRecord> restarted(AgentView view) {
        List<JournalRecord> records = new ArrayList<>();
        view.outgoing().values().stream()
                .filter(out -> !view.released().containsKey(out.op()))
                .filter(out -> !view.refused().contains(out.op()))
                .map(out -> new JournalRecord.Refused(out.op(), out.epoch()))
                .forEach(records::add);
        view.prepared().values().stream()
                .filter(in -> !view.loaded().containsKey(in.op()))
                .filter(in -> !view.refused().contains(in.op()))
                .map(in -> new JournalRecord.Refused(in.op(), in.attemptEpoch()))
                .forEach(records::add);
        return records;
    }

    /**
     * What a node says without being asked, from what it just read. Called from the VM's own queue,
     * so never between a journaled claim and its start. A source that promised says nothing of its
     * process: the guest is in the target's hands.
     */
    public static Optional<Word> unasked(AgentView view, Observed observed) {
        Claim last = view.claim();
        if (last == null || view.purged() || carriesGuest(observed, last)) {
            return Optional.empty();
        }
        boolean promised =
                view.released().values().stream()
                        .anyMatch(released -> released.epoch().equals(last.epoch()));
        return promised ? Optional.empty() : Optional.of(new Word.Exited(last.epoch()));
    }

    private static Verdict create(AgentView view, Create create) {
        if (view.isDead(create.op(), create.epoch())) {
            return new Refuse(new Reason.AttemptOver(create.op()));
        }
        if (create.epoch().isBefore(view.floorEpoch())) {
            return new Refuse(new Reason.StaleEpoch(view.floorEpoch(), create.epoch()));
        }
        if (view.claim() != null || !view.loaded().isEmpty() || !view.stored().isEmpty()) {
            // The VM ran or arrived here, so it has a TPM (R5).
            return new Refuse(new Reason.UnknownOperation(create.op()));
        }
        return new Do(
                seen(create),
                new Action.MakeState(StateRef.ofAttempt(create.epoch(), create.op())));
    }

    private static Verdict withdraw(AgentView view, Withdraw withdraw) {
        JournalRecord.Created made = view.created().get(withdraw.op());
        if (made != null && made.epoch().equals(withdraw.epoch())) {
            // The row may name the directory already: another replica had the answer before this
            // one gave up.
            return new Refuse(new Reason.StateMade(withdraw.op()));
        }
        Tombstone word = new Tombstone(withdraw.op(), withdraw.epoch());
        return new Do(
                seen(withdraw, word),
                new Action.DropState(StateRef.ofAttempt(withdraw.epoch(), withdraw.op())));
    }

    private static Verdict run(AgentView view, Run run, Observed observed) {
        if (run.epoch().isBefore(view.floorEpoch())) {
            return new Refuse(new Reason.StaleEpoch(view.floorEpoch(), run.epoch()));
        }
        Optional<Claim> claim = view.claimOf(run.epoch());
        if (claim.isPresent()) {
            // A grant is good for one start (R1): a claim whose guest ended, QEMU alive or not, is
            // used up.
            return carriesGuest(observed, claim.get())
                    ? new Do(seen(run), new Action.EnsureRunning())
                    : new Answer(seen(run), new Word.Exited(run.epoch()));
        }
        return switch (run.mode()) {
            case COLD -> coldStart(run, observed);
            case ADOPT -> adopt(view, run, observed);
            case RESUME -> resume(view, run, observed);
        };
    }

    private static Verdict coldStart(Run run, Observed observed) {
        // Leftovers of dead attempts are killed; a guest with its memory is not a leftover.
        if (isGuest(observed)) {
            return new Refuse(new Reason.NotNow(observed));
        }
        return new Do(
                seen(
                        run,
                        new Claim(run.op(), run.epoch(), run.mode(), run.directory(), run.epoch())),
                new Action.ColdStart(run.directory()));
    }

    private static Verdict adopt(AgentView view, Run run, Observed observed) {
        if (view.isDead(run.op(), run.epoch())) {
            return new Refuse(new Reason.AttemptOver(run.op()));
        }
        if (view.refused().contains(run.op())) {
            return new Answer(seen(run), new Word.NotClaimed(run.epoch()));
        }
        if (!view.loaded().containsKey(run.op())) {
            return new Refuse(new Reason.UnknownOperation(run.op()));
        }
        if (observed.equals(new Alive(run.epoch(), State.LOADED))) {
            return new Do(
                    seen(
                            run,
                            new Claim(
                                    run.op(),
                                    run.epoch(),
                                    run.mode(),
                                    run.directory(),
                                    run.epoch())),
                    new Action.Adopt(run.directory()));
        }
        // The loaded copy is gone: say so durably, so that it can never be claimed, and let the row
        // decide anew.
        return new Answer(
                seen(run, new JournalRecord.Refused(run.op(), run.epoch())),
                new Word.NotClaimed(run.epoch()));
    }

    private static Verdict resume(AgentView view, Run run, Observed observed) {
        return switch (observed) {
            case Alive(var process, var state) when mayResume(view, process, state) ->
                    new Do(
                            seen(
                                    run,
                                    new Claim(
                                            run.op(),
                                            run.epoch(),
                                            run.mode(),
                                            run.directory(),
                                            process)),
                            new Action.Resume());
            case Alive _, Nothing _ -> new Answer(seen(run), new Word.Gone(run.epoch()));
        };
    }

    /**
     * Only the QEMU of this node's last claim is the source's; a target's copy is never resumed.
     */
    private static boolean mayResume(AgentView view, Epoch process, State state) {
        Claim last = view.claim();
        return last != null
                && last.process().equals(process)
                && switch (state) {
                    case RUNNING, PAUSED, PRE_SWITCHOVER, DEVICE, POSTMIGRATE -> true;
                    case PRELAUNCH, INCOMING, LOADED, ENDED -> false;
                };
    }

    private static Verdict stop(AgentView view, Stop stop, Observed observed) {
        if (stop.epoch().isBefore(view.floorEpoch())) {
            return new Refuse(new Reason.StaleEpoch(view.floorEpoch(), stop.epoch()));
        }
        return switch (observed) {
            case Nothing _ -> new Answer(seen(stop), new Word.Exited(stop.epoch()));
            case Alive _ -> new Do(seen(stop), new Action.EndGuest());
        };
    }

    private static Verdict prepare(AgentView view, Prepare prepare, Observed observed) {
        StateRef directory = StateRef.ofAttempt(prepare.epoch(), prepare.op());
        if (view.isDead(prepare.op(), prepare.epoch()) || view.loaded().containsKey(prepare.op())) {
            return new Refuse(new Reason.AttemptOver(prepare.op()));
        }
        if (view.refused().contains(prepare.op())) {
            return new Refuse(new Reason.AttemptOver(prepare.op()));
        }
        if (view.prepared().containsKey(prepare.op())) {
            // R4: repeated only while its first QEMU lives; a second one would empty what the first
            // vouched for.
            return isProcess(observed, prepare.epoch())
                    ? new Do(seen(prepare), new Action.RepeatPrepared(directory))
                    : new Refuse(new Reason.AttemptOver(prepare.op()));
        }
        if (prepare.epoch().isBefore(view.floorEpoch())) {
            return new Refuse(new Reason.StaleEpoch(view.floorEpoch(), prepare.epoch()));
        }
        if (isGuest(observed)) {
            return new Refuse(new Reason.NotNow(observed));
        }
        return new Do(
                seen(
                        prepare,
                        new JournalRecord.Prepared(
                                prepare.op(), prepare.epoch(), directory, prepare.source())),
                new Action.PrepareTarget(directory));
    }

    private static Verdict beginOutgoing(AgentView view, BeginOutgoing begin, Observed observed) {
        Optional<Claim> claim = view.claimOf(begin.epoch());
        if (claim.isEmpty()) {
            return new Refuse(new Reason.UnknownOperation(begin.op()));
        }
        if (!carriesGuest(observed, claim.get())) {
            return new Answer(seen(begin), new Word.Exited(begin.epoch()));
        }
        if (view.refused().contains(begin.op())) {
            return new Refuse(new Reason.AttemptOver(begin.op()));
        }
        if (view.outgoing().containsKey(begin.op())) {
            return new Do(seen(begin), new Action.Send());
        }
        return new Do(
                seen(begin, new JournalRecord.Outgoing(begin.op(), begin.epoch(), begin.target())),
                new Action.Send());
    }

    private static Verdict go(AgentView view, Continue go, Observed observed) {
        JournalRecord.Released released = view.released().get(go.op());
        if (released != null) {
            return new Answer(seen(go), new Word.Released(released.digest()));
        }
        if (!view.outgoing().containsKey(go.op())) {
            return new Refuse(new Reason.UnknownOperation(go.op()));
        }
        if (view.refused().contains(go.op())) {
            return new Refuse(new Reason.AttemptOver(go.op()));
        }
        return switch (observed) {
            case Nothing _ -> new Answer(seen(go), new Word.Exited(go.epoch()));
            case Alive(var process, var state) ->
                    switch (state) {
                        case PRE_SWITCHOVER, DEVICE, POSTMIGRATE ->
                                new Do(seen(go), new Action.SwitchOver());
                        // Late GO: the source cancelled or resumed by itself.
                        case PRELAUNCH, RUNNING, PAUSED, INCOMING, LOADED, ENDED ->
                                new Refuse(new Reason.AttemptOver(go.op()));
                    };
        };
    }

    private static Verdict confirmLoaded(AgentView view, ConfirmLoaded confirm, Observed observed) {
        if (view.isDead(confirm.op(), confirm.epoch()) || view.refused().contains(confirm.op())) {
            return new Refuse(new Reason.AttemptOver(confirm.op()));
        }
        JournalRecord.Loaded loaded = view.loaded().get(confirm.op());
        if (loaded != null) {
            // A copy that is gone is not vouched for again: before COMMIT the source still has the
            // guest's memory.
            return observed.equals(new Alive(confirm.epoch(), State.LOADED))
                    ? new Answer(seen(confirm), new Word.Loaded(loaded.digest()))
                    : new Refuse(new Reason.AttemptOver(confirm.op()));
        }
        if (!view.prepared().containsKey(confirm.op())) {
            return new Refuse(new Reason.UnknownOperation(confirm.op()));
        }
        return isProcess(observed, confirm.epoch())
                ? new Do(seen(confirm), new Action.AwaitLoaded())
                : new Refuse(new Reason.AttemptOver(confirm.op()));
    }

    private static Verdict storeState(AgentView view, StoreState store, Observed observed) {
        if (view.isDead(store.op(), store.epoch())) {
            return new Refuse(new Reason.AttemptOver(store.op()));
        }
        JournalRecord.Stored stored = view.stored().get(store.op());
        if (stored != null && stored.attemptEpoch().equals(store.epoch())) {
            return new Answer(seen(store), new Word.Stored(stored.digest()));
        }
        if (store.epoch().isBefore(view.floorEpoch())) {
            return new Refuse(new Reason.StaleEpoch(view.floorEpoch(), store.epoch()));
        }
        if (isGuest(observed)) {
            // Whose node is lost then? The guest's state is not at rest.
            return new Refuse(new Reason.NotNow(observed));
        }
        return new Do(
                seen(store, new JournalRecord.Storing(store.op(), store.epoch(), store.into())),
                new Action.StoreState(store.source(), store.from(), store.into()));
    }

    private static Verdict discard(AgentView view, Discard discard) {
        if (view.claimOf(discard.epoch()).isPresent()) {
            // After CLAIM no abort is accepted (R2).
            return new Refuse(new Reason.UnknownOperation(discard.op()));
        }
        return new Do(
                seen(discard, new Tombstone(discard.op(), discard.epoch())),
                new Action.DestroyAttempt());
    }

    private static Verdict retire(AgentView view, Retire retire) {
        if (view.isDead(retire.op(), retire.epoch())) {
            return new Answer(seen(retire), new Word.Destroyed());
        }
        Claim last = view.claim();
        if (last != null
                && last.directory().equals(retire.directory())
                && retire.epoch().isBefore(last.epoch())) {
            // The directory was claimed again after the epoch that is retired (step 11's way back).
            return new Refuse(new Reason.StaleEpoch(last.epoch(), retire.epoch()));
        }
        return new Do(seen(retire), new Action.DestroySource(retire.directory()));
    }

    /** True while the claim's own QEMU lives and its guest did not end. */
    private static boolean carriesGuest(Observed observed, Claim claim) {
        return observed instanceof Alive(var alive, var state)
                && alive.equals(claim.process())
                && state != State.ENDED;
    }

    /**
     * True for a guest that runs, or that only has to be told to: no command but Stop and Purge
     * ends one.
     */
    private static boolean isGuest(Observed observed) {
        return observed instanceof Alive(_, var state)
                && switch (state) {
                    case RUNNING, PAUSED, PRE_SWITCHOVER, DEVICE -> true;
                    case PRELAUNCH, INCOMING, LOADED, POSTMIGRATE, ENDED -> false;
                };
    }

    private static boolean isProcess(Observed observed, Epoch process) {
        return observed instanceof Alive(var alive, _) && alive.equals(process);
    }

    /**
     * The version that decided the command, and only for commands about the row's own epoch also
     * that epoch, come before the command's own record: nothing older is obeyed after it.
     */
    private static List<JournalRecord> seen(Command command, JournalRecord... then) {
        List<JournalRecord> records = new ArrayList<>();
        records.add(new Seen(command.rowVersion(), floorOf(command)));
        records.addAll(List.of(then));
        return records;
    }

    /** An attempt's epoch is no floor before it is committed, and a retired epoch never is one. */
    private static Epoch floorOf(Command command) {
        return switch (command) {
            case Create _, Withdraw _, Run _, Stop _, BeginOutgoing _, Continue _ ->
                    command.epoch();
            case Prepare _, ConfirmLoaded _, StoreState _, Discard _, Retire _, Purge _ ->
                    Epoch.NONE;
        };
    }
}
