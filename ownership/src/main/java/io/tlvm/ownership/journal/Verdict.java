package io.tlvm.ownership.journal;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;

import java.util.List;

/** What an agent makes of a command. */
public sealed interface Verdict {

    /**
     * Append and sync {@code first}, then do {@code action}; the answer is what the action finds.
     */
    record Do(List<JournalRecord> first, Action action) implements Verdict {
        public Do {
            first = List.copyOf(first);
        }
    }

    /** Append and sync {@code first}, then answer; nothing else is to be done. */
    record Answer(List<JournalRecord> first, Word word) implements Verdict {
        public Answer {
            first = List.copyOf(first);
        }
    }

    /** The command is not obeyed and leaves no trace. */
    record Refuse(Reason reason) implements Verdict {}

    /** What an agent does; each may be repeated. */
    sealed interface Action {
        /**
         * Make TPM and UEFI variables in {@code directory}, or find them sealed there; append and
         * sync the record Created, then answer.
         */
        record MakeState(StateRef directory) implements Action {}

        /** Destroy what a withdrawn create may have left. */
        record DropState(StateRef directory) implements Action {}

        /** Kill leftovers, check MANIFEST, start swtpm and QEMU, {@code cont}. */
        record ColdStart(StateRef directory) implements Action {}

        /** {@code cont} the target's QEMU on a just-read LOADED. */
        record Adopt(StateRef directory) implements Action {}

        /** Cancel, close or yank what is left of the attempt, then see the source's guest run. */
        record Resume() implements Action {}

        /**
         * The claim stands and its QEMU lives: see that the guest runs, as Resume does, say
         * ACTIVATED.
         */
        record EnsureRunning() implements Action {}

        /** End the guest, reap both processes, seal MANIFEST closed. */
        record EndGuest() implements Action {}

        /** Directory, one-operation key, swtpm, QEMU {@code -S -incoming defer}. */
        record PrepareTarget(StateRef directory) implements Action {}

        /** Answer with the key and directory of the attempt that is prepared and alive. */
        record RepeatPrepared(StateRef directory) implements Action {}

        /**
         * Seal the migration key, copy memory up to the pause before switch-over. Repeated, it
         * joins the transfer that this agent holds.
         */
        record Send() implements Action {}

        /**
         * {@code migrate-continue} if it stands at the pause, then wait for completed, postmigrate
         * and the target's LOADED; append and sync the record Released, then answer.
         */
        record SwitchOver() implements Action {}

        /**
         * Wait until everything is loaded, sync and seal; append and sync the record Loaded, then
         * answer.
         */
        record AwaitLoaded() implements Action {}

        /**
         * Store what {@code from} holds in {@code into}, or find it sealed there; append and sync
         * the record Stored, then answer.
         *
         * @param source the node that sealed {@code from}
         */
        record StoreState(NodeName source, StateRef from, StateRef into) implements Action {}

        /**
         * Kill the processes started under the command's epoch, no others, and destroy the
         * attempt's directory.
         */
        record DestroyAttempt() implements Action {}

        /**
         * Quit the QEMU that uses {@code directory}, no other, reap its swtpm, destroy keys,
         * directory and local disks; append and sync the record Tombstone, then answer.
         */
        record DestroySource(StateRef directory) implements Action {}

        /** Kill whatever is left and destroy every directory of the VM that this node made. */
        record DestroyAll() implements Action {}
    }

    /** What an agent answers without doing anything. */
    sealed interface Word {
        /** The claim of this epoch was used up; its process is gone. */
        record Exited(Epoch epoch) implements Word {}

        /** There is no QEMU to resume. */
        record Gone(Epoch epoch) implements Word {}

        /** The attempt will never be adopted here. */
        record NotClaimed(Epoch epoch) implements Word {}

        /** The promise, repeated. */
        record Released(Digest digest) implements Word {}

        /** The digest that was loaded, repeated. */
        record Loaded(Digest digest) implements Word {}

        /** The digest that was stored, repeated. */
        record Stored(Digest digest) implements Word {}

        /** Destroyed before, or never made. */
        record Destroyed() implements Word {}
    }

    /** Why a command is not obeyed. */
    sealed interface Reason {
        /** A newer row decided something else. */
        record Stale(RowVersion seen, RowVersion asked) implements Reason {}

        /** The epoch is below what this node has seen. */
        record StaleEpoch(Epoch floor, Epoch asked) implements Reason {}

        /** The attempt, or the create, is over on this node; it is never begun again. */
        record AttemptOver(OperationId op) implements Reason {}

        /** The command has no basis in the journal. */
        record UnknownOperation(OperationId op) implements Reason {}

        /**
         * The state of this create is made and may be recorded by now: ask for it instead of
         * withdrawing it.
         */
        record StateMade(OperationId op) implements Reason {}

        /** The processes do not stand where the command needs them. */
        record NotNow(Observed observed) implements Reason {}

        /** The VM was purged. */
        record Purged() implements Reason {}
    }
}
