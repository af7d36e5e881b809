package io.tlvm.ownership.model;

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
    PURGE("a live migration whose clean-up a purge overtakes");

    private final String covers;

    Configuration(String covers) {
        this.covers = covers;
    }

    String covers() {
        return covers;
    }

    World start() {
        return switch (this) {
            case CREATE -> Starts.creating(Budget.NONE.retries(2).crashes(2).starts(1).deletes(1));
            case STOP ->
                    Starts.running(Budget.NONE.stops(2).starts(2).exits(1).writes(1).crashes(1));
            case LIVE -> Starts.running(Budget.NONE.migrations(1).writes(1).crashes(2));
            case RETURN -> Starts.running(Budget.NONE.migrations(2).writes(1));
            case EXTEND -> Starts.running(Budget.NONE.migrations(1).extensions(1).crashes(1));
            case MIXED -> Starts.running(Budget.NONE.migrations(1).stops(1).starts(1).crashes(1));
            case DELETE -> Starts.stopped(Budget.NONE.deletes(3).starts(1).stops(1).crashes(1));
            case PURGE -> Starts.running(Budget.NONE.migrations(1).stops(1).deletes(2));
        };
    }
}
