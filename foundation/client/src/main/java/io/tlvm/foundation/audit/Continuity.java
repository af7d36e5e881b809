package io.tlvm.foundation.audit;

import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.compute.v1.NodeChange;
import io.tlvm.compute.v1.RowChange;
import io.tlvm.compute.v1.RowState;
import io.tlvm.foundation.signature.SignatureRefusedException;
import io.tlvm.type.v1.HandOverStatement;

import java.util.HashMap;
import java.util.Map;

/**
 * Whether each change begins where the last one about the same VM or node ended. A row that was
 * changed without a record shows with its next change.
 */
final class Continuity {
    private final HandOvers receipts;
    private final Map<String, RowState> rows = new HashMap<>();
    private final Map<String, String> nodes = new HashMap<>();
    private long handOvers;
    private long unproven;

    Continuity(HandOvers receipts) {
        this.receipts = receipts;
    }

    long handOvers() {
        return handOvers;
    }

    long unproven() {
        return unproven;
    }

    void follow(AuditRecord content) throws ChainBrokenException {
        switch (content.getChangeCase()) {
            case ROW_CHANGE -> row(content, content.getRowChange());
            case NODE_CHANGE -> node(content, content.getNodeChange());
            case HAND_OVER -> handOver(content);
            case HAND_OVER_UNPROVEN -> unproven++;
            case MACHINE_CREATED, MACHINE_REMOVED -> {
                // nothing that could be continued
            }
            // A newer service's record: it is chained all the same.
            case CHANGE_NOT_SET -> {}
        }
    }

    private void row(AuditRecord content, RowChange change) throws ChainBrokenException {
        RowState before = rows.put(content.getVmUid(), change.getAfter());
        // The chain of an older database begins in the middle of a VM's life.
        if (before != null && !before.equals(change.getBefore())) {
            throw new ChainBrokenException(
                    content.getSequence(),
                    "the row of VM %s to begin as the last record about it left it: %s"
                            .formatted(content.getVmUid(), words(before)),
                    words(change.getBefore()));
        }
    }

    private void node(AuditRecord content, NodeChange change) throws ChainBrokenException {
        String before = nodes.put(content.getNode(), change.getAfter());
        if (before != null && !before.equals(change.getBefore())) {
            throw new ChainBrokenException(
                    content.getSequence(),
                    "node %s to begin as the last record about it left it: %s"
                            .formatted(content.getNode(), before),
                    change.getBefore());
        }
    }

    private void handOver(AuditRecord content) throws ChainBrokenException {
        try {
            HandOverStatement said = receipts.require(content.getHandOver());
            if (!said.getVmUid().equals(content.getVmUid())
                    || !said.getOpId().equals(content.getOpId())) {
                throw new SignatureRefusedException(
                        "it is of VM %s, operation %s".formatted(said.getVmUid(), said.getOpId()));
            }
            handOvers++;
        } catch (SignatureRefusedException refused) {
            throw new ChainBrokenException(
                    content.getSequence(),
                    "a receipt that source, target and vm-service signed",
                    "one that proves nothing: " + refused.why());
        }
    }

    private static String words(RowState row) {
        return "version %d, %s, owner %s, epoch %d, state %s"
                .formatted(
                        row.getRowVersion(),
                        row.getPhase(),
                        row.getOwner(),
                        row.getEpoch(),
                        row.getStateRef());
    }
}
