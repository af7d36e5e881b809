package io.tlvm.agent.gate;

import io.tlvm.foundation.gate.Gates;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.row.Phase.Mode;

import java.util.Optional;

/** The gates of the agent, in the order of a live migration; the last one is a recovery's. */
public enum Point {
    PREPARE,
    SEND,
    PRE_SWITCHOVER,
    SWITCH_OVER,
    LOADED,
    RELEASED,
    ADOPT,
    RETIRE,
    STORE_STATE;

    /** The gate that a command passes before anything of it is done; some have none. */
    public static Optional<Point> before(Command command) {
        return switch (command) {
            case Command.Prepare _ -> Optional.of(PREPARE);
            case Command.Retire _ -> Optional.of(RETIRE);
            case Command.StoreState _ -> Optional.of(STORE_STATE);
            case Command.Run run when run.mode() == Mode.ADOPT -> Optional.of(ADOPT);
            case Command.Run _,
                    Command.Create _,
                    Command.Withdraw _,
                    Command.Stop _,
                    Command.BeginOutgoing _,
                    Command.Continue _,
                    Command.ConfirmLoaded _,
                    Command.Discard _,
                    Command.Purge _ ->
                    Optional.empty();
        };
    }

    /** As a test writes it, {@code agent.PREPARE}. */
    public String gateName() {
        return "agent." + name();
    }

    /**
     * Returns when the gate may be passed.
     *
     * @throws InterruptedException when the thread is to end
     */
    public void pass(Gates gates) throws InterruptedException {
        gates.pass(gateName());
    }
}
