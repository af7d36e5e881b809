package io.tlvm.catalog.catalog;

/** How an insert of a named thing ended. */
public sealed interface Inserted {
    /** It is there now. */
    record Fresh() implements Inserted {}

    /**
     * The same request was done before; nothing changed. @param result what it led to, as it was
     * stored
     */
    record Repeated(String result) implements Inserted {}

    /** The request id was used with another body; nothing changed. */
    record IdReused() implements Inserted {}

    /** Another request took the name; nothing changed. */
    record NameTaken() implements Inserted {}
}
