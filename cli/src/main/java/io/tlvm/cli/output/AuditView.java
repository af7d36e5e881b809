package io.tlvm.cli.output;

import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.compute.v1.RowChange;
import io.tlvm.compute.v1.RowState;
import io.tlvm.type.v1.HandOverReceipt;
import io.tlvm.type.v1.HandOverStatement;

import java.util.List;

/** How records of the audit chain are shown. */
final class AuditView {
    private AuditView() {}

    static View<AuditRecord> of() {
        return new View<>(
                record -> Long.toString(record.getSequence()),
                List.of(
                        Column.of("SEQ", record -> Long.toString(record.getSequence())),
                        Column.of("TIME", record -> Words.time(record.getTime())),
                        Column.of(
                                "OF",
                                record ->
                                        record.getNode().isEmpty()
                                                ? record.getVmUid()
                                                : record.getNode()),
                        Column.of("EVENT", AuditView::event),
                        Column.of("CHANGE", AuditView::change),
                        Column.of("ACTOR", AuditRecord::getActor),
                        Column.wide("DETAIL", AuditView::detail),
                        Column.wide("OPERATION", AuditRecord::getOpId)));
    }

    private static String event(AuditRecord record) {
        return switch (record.getChangeCase()) {
            case MACHINE_CREATED -> "Created";
            case MACHINE_REMOVED -> "Removed";
            case ROW_CHANGE -> record.getRowChange().getEvent();
            case NODE_CHANGE -> record.getNodeChange().getEvent();
            case HAND_OVER -> "HandedOver";
            case HAND_OVER_UNPROVEN -> "HandedOverUnproven";
            case CHANGE_NOT_SET -> "";
        };
    }

    private static String change(AuditRecord record) {
        return switch (record.getChangeCase()) {
            case MACHINE_CREATED -> record.getMachineCreated().getName();
            case MACHINE_REMOVED -> record.getMachineRemoved().getName();
            case ROW_CHANGE -> change(record.getRowChange());
            case NODE_CHANGE ->
                    record.getNodeChange().getBefore() + "→" + record.getNodeChange().getAfter();
            case HAND_OVER -> receipt(record.getHandOver());
            case HAND_OVER_UNPROVEN -> record.getHandOverUnproven().getWhy();
            case CHANGE_NOT_SET -> "";
        };
    }

    private static String change(RowChange change) {
        RowState before = change.getBefore();
        RowState after = change.getAfter();
        return (change.hasBefore() && !before.getPhase().equals(after.getPhase())
                        ? before.getPhase() + "→"
                        : "")
                + after.getPhase()
                + " on "
                + (change.hasBefore() && !before.getOwner().equals(after.getOwner())
                        ? before.getOwner() + "→"
                        : "")
                + after.getOwner()
                + " epoch "
                + (change.hasBefore() && before.getEpoch() != after.getEpoch()
                        ? before.getEpoch() + "→"
                        : "")
                + after.getEpoch();
    }

    private static String receipt(HandOverReceipt receipt) {
        try {
            HandOverStatement said =
                    HandOverStatement.parseFrom(receipt.getCoordinator().getStatement());
            return "%s→%s epoch %d→%d, signed by %s, %s, vm-service"
                    .formatted(
                            said.getSourceNode(),
                            said.getTargetNode(),
                            said.getEpochBefore(),
                            said.getEpochAfter(),
                            said.getSourceNode(),
                            said.getTargetNode());
        } catch (InvalidProtocolBufferException damaged) {
            return "a damaged receipt";
        }
    }

    private static String detail(AuditRecord record) {
        return switch (record.getChangeCase()) {
            case ROW_CHANGE -> record.getRowChange().getDetail();
            case NODE_CHANGE -> record.getNodeChange().getDetail();
            case HAND_OVER, HAND_OVER_UNPROVEN, MACHINE_CREATED, MACHINE_REMOVED, CHANGE_NOT_SET ->
                    "";
        };
    }
}
