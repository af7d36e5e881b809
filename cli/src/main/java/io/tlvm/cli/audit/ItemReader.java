package io.tlvm.cli.audit;

import io.tlvm.compute.v1.AuditExportItem;

/** Takes the items of a chain one by one, in order. */
@FunctionalInterface
public interface ItemReader<E extends Exception> {
    /** The next one. */
    void take(AuditExportItem item) throws E;
}
