package io.tlvm.agent.cluster;

/**
 * Whether this node was admitted to its cluster since it started; soft, false after every start.
 */
public final class JoinState {
    private volatile boolean joined;

    /** Whether commands may be taken. */
    public boolean isJoined() {
        return joined;
    }

    void set(boolean admitted) {
        joined = admitted;
    }
}
