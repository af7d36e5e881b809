package io.tlvm.vm.postgres;

import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.compute.v1.HandOverUnproven;
import io.tlvm.compute.v1.MachineCreated;
import io.tlvm.compute.v1.MachineRemoved;
import io.tlvm.compute.v1.NodeChange;
import io.tlvm.compute.v1.RowChange;
import io.tlvm.compute.v1.RowState;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.node.Evidence;
import io.tlvm.ownership.node.NodeEvent;
import io.tlvm.ownership.node.NodeState;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.vm.audit.Cause;
import io.tlvm.vm.audit.HandOverProof;
import io.tlvm.vm.ownership.OpenAttempt;

import java.util.Locale;
import java.util.Optional;

/** What audit records say, before they have a place in the chain. */
final class AuditContent {
    private AuditContent() {}

    static AuditRecord created(VmUid vm, String name, String op) {
        return AuditRecord.newBuilder()
                .setVmUid(vm.value())
                .setOpId(op)
                .setMachineCreated(MachineCreated.newBuilder().setName(name))
                .build();
    }

    static AuditRecord removed(VmUid vm, String name, Cause cause) {
        return AuditRecord.newBuilder()
                .setVmUid(vm.value())
                .setOpId(cause.op().map(OperationId::value).orElse(""))
                .setMachineRemoved(MachineRemoved.newBuilder().setName(name))
                .build();
    }

    static AuditRecord placed(Cause cause, OwnershipRow row) {
        return row(cause, RowChange.newBuilder(), row);
    }

    static AuditRecord changed(Cause cause, OwnershipRow before, OwnershipRow after) {
        return row(cause, RowChange.newBuilder().setBefore(state(before)), after);
    }

    private static AuditRecord row(Cause cause, RowChange.Builder change, OwnershipRow after) {
        return AuditRecord.newBuilder()
                .setVmUid(after.vm().value())
                .setOpId(cause.op().map(OperationId::value).orElse(""))
                .setRowChange(
                        change.setEvent(cause.event())
                                .setAfter(state(after))
                                .setDetail(cause.detail()))
                .build();
    }

    private static RowState state(OwnershipRow row) {
        return RowState.newBuilder()
                .setRowVersion(row.version().value())
                .setPhase(OwnershipJson.phaseName(row.phase()))
                .setOwner(row.owner().value())
                .setEpoch(row.epoch().value())
                .setAttemptEpoch(row.attemptEpoch().value())
                .setStateRef(Optional.ofNullable(row.stateRef()).map(StateRef::value).orElse(""))
                .setTargetNode(OpenAttempt.target(row.phase()).map(NodeName::value).orElse(""))
                .build();
    }

    static AuditRecord node(
            NodeName node, NodeEvent event, Optional<NodeState> before, NodeState after) {
        return AuditRecord.newBuilder()
                .setNode(node.value())
                .setNodeChange(
                        NodeChange.newBuilder()
                                .setEvent(event.getClass().getSimpleName())
                                .setBefore(before.map(AuditContent::name).orElse(""))
                                .setAfter(name(after))
                                .setDetail(
                                        switch (event) {
                                            case NodeEvent.FenceAsked(var reason) -> reason;
                                            case NodeEvent.DeathConfirmed(
                                                            Evidence.OperatorsWord(
                                                                    _,
                                                                    var reason)) ->
                                                    reason;
                                            case NodeEvent.JoinAsked() -> "";
                                        }))
                .build();
    }

    private static String name(NodeState state) {
        return state.getClass().getSimpleName().toUpperCase(Locale.ROOT);
    }

    static AuditRecord handOver(VmUid vm, HandOverProof proof) {
        var content = AuditRecord.newBuilder().setVmUid(vm.value()).setOpId(proof.op().value());
        return switch (proof) {
            case HandOverProof.Proven(_, var receipt) -> content.setHandOver(receipt).build();
            case HandOverProof.Unproven(_, var why) ->
                    content.setHandOverUnproven(HandOverUnproven.newBuilder().setWhy(why)).build();
        };
    }
}
