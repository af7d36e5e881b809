package io.tlvm.cli.audit;

import io.tlvm.cli.connect.Calls;
import io.tlvm.cli.connect.Services;
import io.tlvm.compute.v1.AuditExportItem;
import io.tlvm.compute.v1.AuditHead;
import io.tlvm.compute.v1.ExportAuditRequest;
import io.tlvm.compute.v1.ExportAuditResponse;
import io.tlvm.compute.v1.GetAuditHeadRequest;
import io.tlvm.foundation.audit.AuditVerifier;
import io.tlvm.foundation.audit.ChainBrokenException;

/** The chain as the service has it, page by page. */
public final class ServedChain {
    private static final int PAGE = 500;

    private final Services services;
    private final Calls calls;

    public ServedChain(Services services, Calls calls) {
        this.services = services;
        this.calls = calls;
    }

    /**
     * Lets the verifier read it, at least as far as the service says that it goes.
     *
     * @throws ChainBrokenException what the verifier found
     */
    public void read(AuditVerifier verifier) throws ChainBrokenException {
        AuditHead head =
                calls.repeatable(
                        () ->
                                services.audit()
                                        .getAuditHead(GetAuditHeadRequest.getDefaultInstance()));
        verifier.expect(head.getSequence(), head.getHash(), "the service");
        read((ItemReader<ChainBrokenException>) verifier::take);
    }

    /** Reads it from its beginning to its end, however far that has moved meanwhile. */
    public <E extends Exception> void read(ItemReader<E> reader) throws E {
        long after = 0;
        while (true) {
            var request =
                    ExportAuditRequest.newBuilder()
                            .setAfterSequence(after)
                            .setMaxRecords(PAGE)
                            .build();
            ExportAuditResponse page =
                    calls.repeatable(() -> services.audit().exportAudit(request));
            long before = after;
            for (AuditExportItem item : page.getItemsList()) {
                if (item.hasRecord()) {
                    after = Math.max(after, item.getRecord().getSequence());
                }
                reader.take(item);
            }
            if (after == before) {
                return;
            }
        }
    }
}
