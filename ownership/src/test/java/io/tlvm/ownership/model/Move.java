package io.tlvm.ownership.model;

/**
 * One atomic step of one actor.
 *
 * @param tag what kind of step it is; a model that never takes one of its kinds covers less than it
 *     says
 * @param detail which one, for a reader of a trace
 */
record Move(Kind kind, String tag, String detail, World next) {

    enum Kind {
        /** A user or the guest wants something; nobody has to. */
        WISH,
        /** Something breaks. */
        FAULT,
        /** What happens by itself as long as things work. */
        PROGRESS
    }

    @Override
    public String toString() {
        return detail.isEmpty() ? tag : tag + " " + detail;
    }
}
