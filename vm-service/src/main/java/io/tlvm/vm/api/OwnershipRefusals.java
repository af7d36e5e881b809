package io.tlvm.vm.api;

import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_INVALID_STATE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_MIGRATION_NOT_POSSIBLE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_MIGRATION_ROLLED_BACK;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_NODE_NOT_FENCED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_NODE_NOT_SCHEDULABLE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_OWNERSHIP_CONTENDED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_VM_NOT_FOUND;
import static io.tlvm.vm.api.Refusals.VM;
import static io.tlvm.vm.api.Refusals.because;

import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.vm.refusal.MigrationRefusal;
import io.tlvm.vm.refusal.OwnershipRefusal;

import java.util.stream.Collectors;

/** What refusals of the ownership of machines, and of its moves, become. */
final class OwnershipRefusals {
    private OwnershipRefusals() {}

    static Refusal of(OwnershipRefusal refusal) {
        return switch (refusal) {
            case OwnershipRefusal.Coordinated(var vm, var why) -> coordinated(vm.value(), why);
            case OwnershipRefusal.Contended(var vm, var races) ->
                    because(ERROR_REASON_OWNERSHIP_CONTENDED)
                            .what(
                                    "the ownership of %s changed %d times while this request was"
                                            + " applied",
                                    vm, races)
                            .with("vm", vm);
            case OwnershipRefusal.NoRow(var vm) ->
                    because(ERROR_REASON_VM_NOT_FOUND)
                            .what("virtual machine %s was never placed on a node", vm)
                            .resource(VM, vm.value())
                            .with("suggestions", "");
        };
    }

    static Refusal of(MigrationRefusal refusal) {
        return switch (refusal) {
            case MigrationRefusal.NotPossible(var name, var target, var blockers) -> {
                String conditions =
                        blockers.stream()
                                .map(MigrationRefusal.Blocker::condition)
                                .collect(Collectors.joining(","));
                String reasons =
                        blockers.stream()
                                .map(MigrationRefusal.Blocker::reason)
                                .collect(Collectors.joining("; "));
                Refusal possible =
                        because(ERROR_REASON_MIGRATION_NOT_POSSIBLE)
                                .what("%s cannot move to %s: %s", name, target, reasons)
                                .with("condition", conditions)
                                .with("reason", reasons)
                                .with("targetNode", target);
                blockers.forEach(
                        blocker ->
                                possible.precondition(blocker.condition(), name, blocker.reason()));
                yield possible;
            }
            case MigrationRefusal.RolledBack(
                            var name,
                            var phase,
                            var source,
                            var target,
                            var node,
                            var why) ->
                    because(ERROR_REASON_MIGRATION_ROLLED_BACK)
                            .what(
                                    "the move of %s from %s to %s was given up in %s: %s",
                                    name, source, target, phase, why)
                            .with("phase", phase)
                            .with("source", source)
                            .with("target", target)
                            .with("vmStillRunningOn", node)
                            .with("reason", why);
        };
    }

    private static Refusal coordinated(String vm, io.tlvm.ownership.row.Refusal why) {
        return switch (why) {
            case io.tlvm.ownership.row.Refusal.NodeNotUp(var node) ->
                    because(ERROR_REASON_NODE_NOT_SCHEDULABLE)
                            .what(
                                    "node %s is not UP, so virtual machine %s cannot be given to"
                                            + " it",
                                    node, vm)
                            .with("node", node)
                            .with("reason", "not UP");
            case io.tlvm.ownership.row.Refusal.NodeNotFenced(var node) ->
                    because(ERROR_REASON_NODE_NOT_FENCED)
                            .what(
                                    "node %s is not fenced, so virtual machine %s stays its own",
                                    node, vm)
                            .with("node", node)
                            .with("lastHeartbeat", "")
                            .with("epoch", "");
            case io.tlvm.ownership.row.Refusal.AlreadyThere(var node) ->
                    because(ERROR_REASON_MIGRATION_NOT_POSSIBLE)
                            .what("virtual machine %s is on %s already", vm, node)
                            .with("condition", "same_node")
                            .with("reason", "it is there already")
                            .with("targetNode", node);
            case io.tlvm.ownership.row.Refusal.HandoverOpen(var prior) ->
                    state(vm, "the hand-over from " + prior + " is not finished", "settled");
            case io.tlvm.ownership.row.Refusal.Busy(var operation) ->
                    state(vm, "operation " + operation + " is not finished", "settled");
            case io.tlvm.ownership.row.Refusal.OtherOperation(var asked, var inProgress) ->
                    state(
                            vm,
                            "operation " + inProgress + " is in progress, not " + asked,
                            "settled");
            case io.tlvm.ownership.row.Refusal.OtherEpoch(var asked, var current) ->
                    state(
                            vm,
                            "its epoch is " + current + ", not " + asked,
                            "the epoch that was asked for");
            case io.tlvm.ownership.row.Refusal.DigestsDiffer(var promised, var loaded) ->
                    state(
                            vm,
                            "source and target name different guest state: "
                                    + promised
                                    + ", "
                                    + loaded,
                            "equal");
            case io.tlvm.ownership.row.Refusal.NotNow(var phase, var event) ->
                    state(
                            vm,
                            phase.getClass().getSimpleName()
                                    + " does not take "
                                    + event.getClass().getSimpleName(),
                            "another phase");
        };
    }

    private static Refusal state(String vm, String current, String required) {
        return because(ERROR_REASON_INVALID_STATE)
                .what("virtual machine %s: %s", vm, current)
                .with("current", current)
                .with("required", required)
                .with("verb", "change");
    }
}
