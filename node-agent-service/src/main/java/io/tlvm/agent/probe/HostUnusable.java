package io.tlvm.agent.probe;

/**
 * This host cannot run machines as it is. Says what is wrong, why it matters and how to repair it.
 */
public final class HostUnusable extends Exception {
    private final String subject;
    private final String fix;

    HostUnusable(String subject, String why, String fix) {
        super(subject + " " + why + ": " + fix);
        this.subject = subject;
        this.fix = fix;
    }

    /** The program or file, as found. */
    public String subject() {
        return subject;
    }

    /** What the operator does about it. */
    public String fix() {
        return fix;
    }
}
