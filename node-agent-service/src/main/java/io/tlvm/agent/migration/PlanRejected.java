package io.tlvm.agent.migration;

/** A plan that allows nothing here. The message says why. */
public final class PlanRejected extends Exception {
    private static final long serialVersionUID = 1L;

    PlanRejected(String why) {
        super(why);
    }
}
