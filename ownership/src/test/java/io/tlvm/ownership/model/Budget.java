package io.tlvm.ownership.model;

/**
 * How often users may still ask and things may still break.
 *
 * @param left four bits per {@link Limit}
 * @param ops counts the operations so far
 */
record Budget(long left, int ops) {
    static final Budget NONE = new Budget(0, 1);

    /** What is counted. */
    enum Limit {
        MIGRATIONS(true),
        STARTS(true),
        STOPS(true),
        DELETES(true),
        RETRIES(false),
        EXTENSIONS(false),
        EXITS(false),
        WRITES(false),
        CRASHES(false),
        /** How often somebody gives a node up, dead or alive. */
        FENCES(false),
        /** How often a recovery is begun again, elsewhere or on the same node. */
        RETARGETS(true);

        /** It is an operation, with an id of its own. */
        private final boolean operation;

        Limit(boolean operation) {
            this.operation = operation;
        }
    }

    Budget with(Limit limit, int count) {
        long cleared = left & ~(15L << (4 * limit.ordinal()));
        return new Budget(cleared | ((long) count << (4 * limit.ordinal())), ops);
    }

    boolean has(Limit limit) {
        return count(limit) > 0;
    }

    Budget spend(Limit limit) {
        Budget less = with(limit, count(limit) - 1);
        return limit.operation ? less.operation() : less;
    }

    /** One more operation was begun. */
    Budget operation() {
        return startingAt(ops + 1);
    }

    Budget startingAt(int operations) {
        return new Budget(left, operations);
    }

    private int count(Limit limit) {
        return (int) (left >> (4 * limit.ordinal())) & 15;
    }
}
