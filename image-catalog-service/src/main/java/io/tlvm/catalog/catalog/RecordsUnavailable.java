package io.tlvm.catalog.catalog;

/**
 * The durable records do not answer now. Whether a change was made is not known; a repeated request
 * (same id) finds out.
 */
public final class RecordsUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RecordsUnavailable(Throwable cause) {
        super("the database does not answer", cause);
    }
}
