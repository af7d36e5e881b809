package io.tlvm.ownership.row;

/** What the coordinator makes of an event. */
public sealed interface Decision {

    /** The row to swap in. */
    record Next(OwnershipRow row) implements Decision {}

    /** The event's effect is in the row already; a repeated call gets the same answer. */
    record Already(OwnershipRow row) implements Decision {}

    /** The event must not change the row. */
    record Refused(Refusal why) implements Decision {}
}
