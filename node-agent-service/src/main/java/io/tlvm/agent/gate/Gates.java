package io.tlvm.agent.gate;

/** Named points of the protocol. The production form lets everything pass at once. */
public interface Gates {

    /** The points, in the order of a live migration. */
    enum Point {
        PREPARE,
        SEND,
        PRE_SWITCHOVER,
        SWITCH_OVER,
        LOADED,
        RELEASED,
        ADOPT,
        RETIRE;

        /** As a test writes it, {@code agent.PREPARE}. */
        public String gateName() {
            return "agent." + name();
        }
    }

    /** Production: no gates. */
    Gates OPEN = point -> {};

    /**
     * Returns when the point may be passed.
     *
     * @throws InterruptedException when the thread is to end
     */
    void pass(Point point) throws InterruptedException;
}
