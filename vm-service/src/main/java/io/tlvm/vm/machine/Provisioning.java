package io.tlvm.vm.machine;

/** How far a VM came; the rest of its state follows from its ownership row. */
public enum Provisioning {
    /** Its create operation is under way. */
    CREATING,
    /** Created. */
    ACTIVE,
    /** Its create operation failed. */
    FAILED,
    /** Gone for users; the row of ownership stays until every node gave its receipt. */
    PURGED
}
