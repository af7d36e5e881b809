package io.tlvm.agent.gate;

import io.tlvm.foundation.gate.Gates;

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
