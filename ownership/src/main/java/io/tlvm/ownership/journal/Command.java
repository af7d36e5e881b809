package io.tlvm.ownership.journal;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.CleanUp;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.StopMode;
import io.tlvm.ownership.row.Step;

import java.util.Objects;

/** What vm-service tells an agent, after the compare-and-swap that decided it committed (R2). */
public sealed interface Command {

    /** Version of the row that decided the command. */
    RowVersion rowVersion();

    /** Epoch of the row, or of the attempt where the command is about a target's attempt. */
    Epoch epoch();

    /** Operation that the command belongs to. */
    OperationId op();

    /** Make the guest state, once. */
    record Create(RowVersion rowVersion, Epoch epoch, OperationId op) implements Command {}

    /** Give the word that nothing was made for that create and never will be. */
    record Withdraw(RowVersion rowVersion, Epoch epoch, OperationId op) implements Command {}

    /** Leave to run, good for one start. */
    record Run(RowVersion rowVersion, Epoch epoch, OperationId op, Mode mode, StateRef directory)
            implements Command {}

    /** End the guest. */
    record Stop(RowVersion rowVersion, Epoch epoch, OperationId op, StopMode mode)
            implements Command {}

    /** Step 2, at the target; {@code epoch} is the attempt's. */
    record Prepare(RowVersion rowVersion, Epoch epoch, OperationId op, NodeName source)
            implements Command {}

    /** Steps 3 to 5, at the source. */
    record BeginOutgoing(RowVersion rowVersion, Epoch epoch, OperationId op, NodeName target)
            implements Command {}

    /** Steps 7 to 9, at the source: GO was committed. */
    record Continue(RowVersion rowVersion, Epoch epoch, OperationId op) implements Command {}

    /** Step 8, at the target; {@code epoch} is the attempt's. */
    record ConfirmLoaded(RowVersion rowVersion, Epoch epoch, OperationId op) implements Command {}

    /**
     * Recovery, at the target; {@code epoch} is the attempt's.
     *
     * @param source the lost node, which sealed {@code from}
     * @param into the directory to make, as the row names it
     */
    record StoreState(
            RowVersion rowVersion,
            Epoch epoch,
            OperationId op,
            NodeName source,
            StateRef from,
            StateRef into)
            implements Command {}

    /** Undo, at the target; {@code epoch} is the attempt's. */
    record Discard(RowVersion rowVersion, Epoch epoch, OperationId op) implements Command {}

    /** Step 13, at the source; {@code epoch} is the one under which it last owned the VM. */
    record Retire(RowVersion rowVersion, Epoch epoch, OperationId op, StateRef directory)
            implements Command {}

    /** Destroy everything of a purged VM. */
    record Purge(RowVersion rowVersion, Epoch epoch, OperationId op) implements Command {}

    /** The command that carries {@code step}, decided by the row of this version. */
    static Command of(RowVersion version, Step step) {
        return switch (step) {
            case Step.CreateState(_, var op, var epoch) -> new Create(version, epoch, op);
            case Step.Run(_, var op, var epoch, var mode, var directory) ->
                    new Run(version, epoch, op, mode, directory);
            case Step.Stop(_, var op, var epoch, var mode) -> new Stop(version, epoch, op, mode);
            case Step.PrepareTarget(var attempt, var source) ->
                    new Prepare(version, attempt.epoch(), attempt.op(), source);
            case Step.Transfer(var attempt, _, var epoch) ->
                    new BeginOutgoing(version, epoch, attempt.op(), attempt.target());
            case Step.SwitchOver(var attempt, _, var epoch) ->
                    new Continue(version, epoch, attempt.op());
            case Step.ConfirmLoaded(var attempt) ->
                    new ConfirmLoaded(version, attempt.epoch(), attempt.op());
            case Step.StoreState(_, var op, var epoch, var source, var from, var into) ->
                    new StoreState(version, epoch, op, source, from, into);
            case Step.Destroy(var cleanUp) -> undo(version, cleanUp);
            case Step.Purge(_, var op) -> new Purge(version, Epoch.NONE, op);
        };
    }

    private static Command undo(RowVersion version, CleanUp cleanUp) {
        return switch (cleanUp.kind()) {
            case DISCARD -> new Discard(version, cleanUp.epoch(), cleanUp.op());
            case RETIRE ->
                    new Retire(
                            version,
                            cleanUp.epoch(),
                            cleanUp.op(),
                            Objects.requireNonNull(
                                    cleanUp.directory(), "a retired source has a directory"));
        };
    }
}
