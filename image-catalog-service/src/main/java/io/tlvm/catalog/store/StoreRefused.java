package io.tlvm.catalog.store;

/** Carries a {@link StoreRefusal} to the edge. */
public final class StoreRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient StoreRefusal why;

    public StoreRefused(StoreRefusal why) {
        super(why.toString(), null, false, false); // an answer, not a fault: no stack trace
        this.why = why;
    }

    public StoreRefusal why() {
        return why;
    }
}
