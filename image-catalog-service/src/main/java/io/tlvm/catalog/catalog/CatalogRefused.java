package io.tlvm.catalog.catalog;

/** Carries a {@link CatalogRefusal} to the edge. */
public final class CatalogRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient CatalogRefusal why;

    public CatalogRefused(CatalogRefusal why) {
        super(why.toString(), null, false, false); // an answer, not a fault: no stack trace
        this.why = why;
    }

    public CatalogRefusal why() {
        return why;
    }
}
