package io.tlvm.vm.refusal;

/** The database does not answer; the work is repeated when it does. */
public final class StoreUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoreUnavailable(Throwable cause) {
        super("the database does not answer", cause);
    }
}
