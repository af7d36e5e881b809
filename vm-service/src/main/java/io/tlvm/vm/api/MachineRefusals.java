package io.tlvm.vm.api;

import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_ALREADY_EXISTS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_ETAG_MISMATCH;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_FEATURE_NOT_AVAILABLE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_HYPERVISOR_FAILED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_INVALID_POWER_STATE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_INVALID_STATE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_MACHINE_GONE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_OPERATION_CANCELLED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_OPERATION_IN_PROGRESS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_REQUEST_ID_REUSED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_TIMED_OUT;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_TOO_MANY_REQUESTS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_TRUSTED_LAUNCH_REQUIRES_VTPM_AND_SECURE_BOOT;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_VM_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_VM_QUARANTINED;
import static io.tlvm.vm.api.Refusals.VM;
import static io.tlvm.vm.api.Refusals.because;
import static io.tlvm.vm.api.Refusals.invalid;

import io.tlvm.foundation.refusal.ReasonTable;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.ownership.StepFailure;
import io.tlvm.vm.refusal.MachineRefusal;

/** What refusals of the room of machines become. */
final class MachineRefusals {
    private MachineRefusals() {}

    static Refusal of(MachineRefusal refusal) {
        return switch (refusal) {
            case MachineRefusal.NotFound(var name, var suggestions) ->
                    because(ERROR_REASON_VM_NOT_FOUND)
                            .what("there is no virtual machine %s", name)
                            .resource(VM, name)
                            .with("suggestions", String.join(",", suggestions));
            case MachineRefusal.NameTaken(var name, var deleted) ->
                    because(ERROR_REASON_ALREADY_EXISTS)
                            .what(
                                    deleted
                                            ? "%s was deleted and can still be restored, so its"
                                                    + " name is taken"
                                            : "there is a virtual machine %s already",
                                    name)
                            .fix(
                                    deleted
                                            ? "undelete it, delete it again with retain 0, or"
                                                    + " choose another name"
                                            : "choose another name")
                            .resource(VM, name);
            case MachineRefusal.TrustedLaunchNeedsBoth(var vtpm, var secureBoot) ->
                    trustedLaunch(vtpm, secureBoot);
            case MachineRefusal.MemoryTooSmall(var memory, var least) ->
                    invalid(
                            "virtual_machine.hardware_profile.memory_mib",
                            "memory.secure_boot",
                            ("%d MiB are too few: the Secure Boot firmware needs at least %d MiB"
                                            + " and ends without a message below")
                                    .formatted(memory, least));
            case MachineRefusal.FieldInvalid(var field, var rule, var sentence) ->
                    invalid(field, rule, sentence);
            case MachineRefusal.NotBuilt(var feature, var instead) ->
                    because(ERROR_REASON_FEATURE_NOT_AVAILABLE)
                            .what("%s is not available; %s", feature, instead)
                            .fix("%s", instead)
                            .with("feature", feature);
            case MachineRefusal.Busy(
                            var name,
                            var operation,
                            var kind,
                            var started,
                            var requester) ->
                    because(ERROR_REASON_OPERATION_IN_PROGRESS)
                            .what("%s works on %s since %s: %s", kind, name, started, operation)
                            .with("operation", operation)
                            .with("operationType", kind)
                            .with("startedTime", started)
                            .with("requester", requester);
            case MachineRefusal.EtagDiffers(var expected, var actual) ->
                    because(ERROR_REASON_ETAG_MISMATCH)
                            .what(
                                    "the virtual machine changed: its etag is %s, not %s",
                                    actual, expected)
                            .with("expected", expected)
                            .with("actual", actual);
            case MachineRefusal.WrongPowerState(var name, var current, var required, var verb) ->
                    because(ERROR_REASON_INVALID_POWER_STATE)
                            .what(
                                    "cannot %s %s: its power state is %s, it has to be %s",
                                    verb, name, current, required)
                            .with("current", current)
                            .with("required", required)
                            .with("verb", verb)
                            .precondition(
                                    "POWER_STATE",
                                    name,
                                    "is " + current + ", has to be " + required);
            case MachineRefusal.WrongState(var name, var current, var required, var verb) ->
                    because(ERROR_REASON_INVALID_STATE)
                            .what(
                                    "cannot %s %s: its state is %s, it has to be %s",
                                    verb, name, current, required)
                            .with("current", current)
                            .with("required", required)
                            .with("verb", verb)
                            .precondition(
                                    "STATE", name, "is " + current + ", has to be " + required);
            case MachineRefusal.NotDeleted(var name) ->
                    because(ERROR_REASON_ALREADY_EXISTS)
                            .what("%s is not deleted", name)
                            .resource(VM, name);
            case MachineRefusal.RequestIdReused(var id) ->
                    because(ERROR_REASON_REQUEST_ID_REUSED)
                            .what("the request id %s was used for another request", id)
                            .with("requestId", id);
            case MachineRefusal.InQuarantine(var name, var node, var evidence) ->
                    because(ERROR_REASON_VM_QUARANTINED)
                            .what("%s is quarantined on %s: %s", name, node, evidence)
                            .with("vm", name)
                            .with("node", node)
                            .with("reason", evidence);
            case MachineRefusal.GuestEnded(var name, var node, var reason) ->
                    because(ERROR_REASON_MACHINE_GONE)
                            .what(
                                    "the guest of %s ended on %s before it was seen running: %s",
                                    name, node, reason)
                            .with("vm", name)
                            .with("node", node)
                            .with("reason", reason);
            case MachineRefusal.StepFailed(var name, var step, var node, var failure) ->
                    step(name, step, node, failure);
            case MachineRefusal.TookTooLong(var name, var step, var limit) ->
                    because(ERROR_REASON_TIMED_OUT)
                            .what("step %s of %s did not end within %s", step, name, limit)
                            .with("timeout", limit)
                            .with("step", step)
                            .with("vm", name);
            case MachineRefusal.OperationCancelled(var operation, var verb) ->
                    because(ERROR_REASON_OPERATION_CANCELLED)
                            .what("%s was cancelled: %s", verb, operation)
                            .with("operation", operation);
            case MachineRefusal.UserIdsUsedUp(var first, var count) ->
                    because(ERROR_REASON_TOO_MANY_REQUESTS)
                            .what("all %d user ids from %d on are used up", count, first)
                            .fix("raise tlvm.vm.user-id.count")
                            .with("limit", count);
        };
    }

    private static Refusal trustedLaunch(boolean vtpm, boolean secureBoot) {
        Refusal refusal =
                because(ERROR_REASON_TRUSTED_LAUNCH_REQUIRES_VTPM_AND_SECURE_BOOT)
                        .what(
                                "security type TRUSTED_LAUNCH needs vTPM and Secure Boot, but"
                                        + " vtpm_enabled is %s and secure_boot_enabled is %s",
                                vtpm, secureBoot)
                        .with("securityType", "TRUSTED_LAUNCH")
                        .with("vtpmEnabled", vtpm)
                        .with("secureBootEnabled", secureBoot);
        // Both fields, whichever is false: they are one decision.
        refusal.violation(
                "virtual_machine.security_profile.vtpm_enabled",
                "trusted_launch.vtpm",
                "must be unset or true with TRUSTED_LAUNCH; it is " + vtpm);
        return refusal.violation(
                "virtual_machine.security_profile.secure_boot_enabled",
                "trusted_launch.secure_boot",
                "must be unset or true with TRUSTED_LAUNCH; it is " + secureBoot);
    }

    /** An agent's own reason and facts go on to whoever asked. */
    private static Refusal step(String name, String step, String node, StepFailure failure) {
        ErrorReason reason =
                ReasonTable.byWireName(failure.reason()).orElse(ERROR_REASON_HYPERVISOR_FAILED);
        Refusal refusal =
                because(reason)
                        .what("step %s of %s failed on %s: %s", step, name, node, failure.message())
                        .fix("%s", failure.fix());
        failure.facts().forEach(refusal::with);
        return refusal.with("vm", name).with("node", node).with("step", step);
    }
}
