package io.tlvm.ownership.model;

import io.tlvm.ownership.model.Budget.Limit;

/**
 * What a search covers, and how often users may ask and things may break in it. Two nodes, one VM.
 */
enum Configuration {
    CREATE("create, its withdrawal, a retry on either node, a purge of what it made, a start"),
    STOP("stop, start, a guest that powers off"),
    LIVE("one live migration, every abort of it, two crashes"),
    RETURN("two live migrations: there and back, or again after an abort"),
    EXTEND("one live migration that is given more time"),
    MIXED("a live migration among stop and start"),
    DELETE("delete, undelete, purge, a start between"),
    PURGE("a live migration whose clean-up a purge overtakes"),
    LOST("a node given up, dead or alive, its VM recovered, its return, late commands, a crash"),
    LOST_TWICE("the node that recovered a VM is given up in its turn"),
    LOST_AGAIN("a recovery that is begun again, a crash"),
    LOST_STOPPED("a node given up with a VM that is stopped, started, deleted"),
    LOST_MIGRATING("a live migration whose source or target is given up at any step");

    private final String covers;

    Configuration(String covers) {
        this.covers = covers;
    }

    String covers() {
        return covers;
    }

    World start() {
        return switch (this) {
            case CREATE ->
                    Starts.creating(
                            Budget.NONE
                                    .with(Limit.RETRIES, 2)
                                    .with(Limit.CRASHES, 2)
                                    .with(Limit.STARTS, 1)
                                    .with(Limit.DELETES, 1));
            case STOP ->
                    Starts.running(
                            Budget.NONE
                                    .with(Limit.STOPS, 2)
                                    .with(Limit.STARTS, 2)
                                    .with(Limit.EXITS, 1)
                                    .with(Limit.WRITES, 1)
                                    .with(Limit.CRASHES, 1));
            case LIVE ->
                    Starts.running(
                            Budget.NONE
                                    .with(Limit.MIGRATIONS, 1)
                                    .with(Limit.WRITES, 1)
                                    .with(Limit.CRASHES, 2));
            case RETURN ->
                    Starts.running(Budget.NONE.with(Limit.MIGRATIONS, 2).with(Limit.WRITES, 1));
            case EXTEND ->
                    Starts.running(
                            Budget.NONE
                                    .with(Limit.MIGRATIONS, 1)
                                    .with(Limit.EXTENSIONS, 1)
                                    .with(Limit.CRASHES, 1));
            case MIXED ->
                    Starts.running(
                            Budget.NONE
                                    .with(Limit.MIGRATIONS, 1)
                                    .with(Limit.STOPS, 1)
                                    .with(Limit.STARTS, 1)
                                    .with(Limit.CRASHES, 1));
            case DELETE ->
                    Starts.stopped(
                            Budget.NONE
                                    .with(Limit.DELETES, 3)
                                    .with(Limit.STARTS, 1)
                                    .with(Limit.STOPS, 1)
                                    .with(Limit.CRASHES, 1));
            case LOST ->
                    Starts.running(
                            Budget.NONE
                                    .with(Limit.FENCES, 1)
                                    .with(Limit.WRITES, 1)
                                    .with(Limit.CRASHES, 1));
            case LOST_TWICE -> Starts.running(Budget.NONE.with(Limit.FENCES, 2));
            case LOST_AGAIN ->
                    Starts.running(
                            Budget.NONE
                                    .with(Limit.FENCES, 1)
                                    .with(Limit.RETARGETS, 1)
                                    .with(Limit.CRASHES, 1));
            case LOST_STOPPED ->
                    Starts.stopped(
                            Budget.NONE
                                    .with(Limit.FENCES, 1)
                                    .with(Limit.STARTS, 1)
                                    .with(Limit.STOPS, 1)
                                    .with(Limit.DELETES, 1));
            case LOST_MIGRATING ->
                    Starts.running(
                            Budget.NONE
                                    .with(Limit.FENCES, 1)
                                    .with(Limit.MIGRATIONS, 1)
                                    .with(Limit.WRITES, 1));
            case PURGE ->
                    Starts.running(
                            Budget.NONE
                                    .with(Limit.MIGRATIONS, 1)
                                    .with(Limit.STOPS, 1)
                                    .with(Limit.DELETES, 2));
        };
    }
}
