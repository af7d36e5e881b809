package io.tlvm.agent.api;

import io.grpc.StatusRuntimeException;
import io.tlvm.agent.machine.MachineRefusal;
import io.tlvm.agent.machine.MachineRefused;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.ownership.journal.Verdict.Reason;
import io.tlvm.type.v1.ErrorReason;

import java.time.Duration;

/** The one place where refusals of this service become statuses. */
final class Refusals {
    private static final Duration SOON = Duration.ofSeconds(1);

    private Refusals() {}

    static StatusRuntimeException of(MachineRefused refused) {
        String vm = refused.vm().value();
        return refusal(vm, refused.refusal()).with("vm", vm).asException();
    }

    private static Refusal refusal(String vm, MachineRefusal why) {
        return switch (why) {
            case MachineRefusal.Protocol(var reason) -> protocol(vm, reason);
            case MachineRefusal.JournalUnusable(var what) ->
                    of(ErrorReason.ERROR_REASON_HOST_NOT_READY)
                            .what("%s", what)
                            .fix("Restore the journal, or recover the machine on another node.")
                            .with("reason", what);
            case MachineRefusal.HardwareRefused(var field, var what) ->
                    of(ErrorReason.ERROR_REASON_VALIDATION_FAILED)
                            .what("machine %s cannot be built here: %s: %s", vm, field, what)
                            .violation(field, "node.hardware", what);
            case MachineRefusal.StorageUnreachable(var path, var what) ->
                    of(ErrorReason.ERROR_REASON_HOST_NOT_READY)
                            .what("the node does not reach %s: %s", path, what)
                            .fix("Mount the storage on the node, or use a node that reaches it.")
                            .with("storagePath", path)
                            .with("reason", what);
            case MachineRefusal.HypervisorFailed(var what) ->
                    of(ErrorReason.ERROR_REASON_HYPERVISOR_FAILED)
                            .what("QEMU of machine %s: %s", vm, what)
                            .with("reason", what);
            case MachineRefusal.TpmFailed(var what) ->
                    of(ErrorReason.ERROR_REASON_TPM_FAILED)
                            .what("vTPM of machine %s: %s", vm, what)
                            .with("reason", what);
            case MachineRefusal.StateUnusable(var directory, var what) ->
                    of(ErrorReason.ERROR_REASON_GUEST_STATE_MISSING)
                            .what(
                                    "guest state %s of machine %s cannot be used: %s",
                                    directory, vm, what)
                            .with("stateRef", directory)
                            .with("reason", what);
            case MachineRefusal.StateChanging(var directory, var attempts) ->
                    of(ErrorReason.ERROR_REASON_TOO_MANY_REQUESTS)
                            .what(
                                    "the guest of machine %s changed its state %s during each of"
                                            + " %d attempts to read it",
                                    vm, directory, attempts)
                            .retryAfter(SOON)
                            .with("stateRef", directory);
            case MachineRefusal.RecipientRefused(var keyId, var what) ->
                    of(ErrorReason.ERROR_REASON_VALIDATION_FAILED)
                            .what("recipients: nothing can be sealed to key %s: %s", keyId, what)
                            .violation("recipients", "recipients.usable", what)
                            .with("keyId", keyId);
            case MachineRefusal.KeyRefused(var directory) ->
                    of(ErrorReason.ERROR_REASON_PERMISSION_DENIED)
                            .what(
                                    "the key of guest state %s of machine %s does not open: it was"
                                            + " sealed to another node or for another attempt",
                                    directory, vm)
                            .fix("Nothing to do by hand: the control plane seals it anew.")
                            .with("stateRef", directory);
            case MachineRefusal.PlanRefused(var what) ->
                    of(ErrorReason.ERROR_REASON_PERMISSION_DENIED)
                            .what("the migration plan is not accepted: %s", what)
                            .fix("Nothing to do by hand: the control plane makes and signs plans.")
                            .with("reason", what);
            case MachineRefusal.RowDiffers(var what) ->
                    of(ErrorReason.ERROR_REASON_STALE_COMMAND)
                            .what(
                                    "the migration plan of machine %s is not what the row says: %s",
                                    vm, what)
                            .with("reason", what);
            case MachineRefusal.TransferFailed(var what) ->
                    // Not a reason that may be repeated as it is: the attempt is over, a new one
                    // gets a new epoch.
                    of(ErrorReason.ERROR_REASON_MIGRATION_ROLLED_BACK)
                            .what("the migration of machine %s goes no further: %s", vm, what)
                            .with("reason", what);
            case MachineRefusal.HostFailed(var what) ->
                    of(ErrorReason.ERROR_REASON_HOST_NOT_READY)
                            .what("the node failed: %s", what)
                            .fix("Repair what the message names, then repeat.")
                            .with("reason", what);
            case MachineRefusal.Busy(var waited) ->
                    of(ErrorReason.ERROR_REASON_TOO_MANY_REQUESTS)
                            .what(
                                    "machine %s is still busy with an earlier command after %s",
                                    vm, waited)
                            .retryAfter(SOON)
                            .with("waited", waited);
            case MachineRefusal.RowUnknown(var what) ->
                    of(ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY)
                            .what("the row of machine %s cannot be read: %s", vm, what)
                            .with("dependency", "vm-service");
            case MachineRefusal.ImageUnavailable(var what) ->
                    of(ErrorReason.ERROR_REASON_SOURCE_UNREACHABLE)
                            .what("an image of machine %s cannot be had: %s", vm, what)
                            .with("reason", what);
            case MachineRefusal.ImageDiffers(var expected, var found) ->
                    of(ErrorReason.ERROR_REASON_IMAGE_DIGEST_MISMATCH)
                            .what("the content for %s has the digest %s", expected, found)
                            .with("expected", expected)
                            .with("actual", found);
            case MachineRefusal.NotJoined() ->
                    of(ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY)
                            .what("the node has not been admitted to the cluster since it started")
                            .fix("Wait until the node has joined; its log says what keeps it.")
                            .retryAfter(SOON)
                            .with("dependency", "vm-service");
            case MachineRefusal.Unknown() ->
                    of(ErrorReason.ERROR_REASON_VM_NOT_FOUND)
                            .what("nothing of machine %s is known on this node", vm);
        };
    }

    private static Refusal protocol(String vm, Reason reason) {
        return switch (reason) {
            case Reason.Stale(var seen, var asked) ->
                    of(ErrorReason.ERROR_REASON_STALE_COMMAND)
                            .what(
                                    "row version %s is older than %s, which this node has seen",
                                    asked, seen)
                            .with("seen", seen)
                            .with("asked", asked);
            case Reason.StaleEpoch(var floor, var asked) ->
                    of(ErrorReason.ERROR_REASON_STALE_COMMAND)
                            .what(
                                    "epoch %s is older than %s, which this node has seen",
                                    asked, floor)
                            .with("seen", floor)
                            .with("asked", asked);
            case Reason.AttemptOver(var op) ->
                    of(ErrorReason.ERROR_REASON_ATTEMPT_OVER)
                            .what("operation %s is over on this node", op)
                            .with("operation", op);
            case Reason.UnknownOperation(var op) ->
                    of(ErrorReason.ERROR_REASON_STALE_COMMAND)
                            .what("this node's journal has no basis for operation %s", op)
                            .with("operation", op);
            case Reason.StateMade(var op) ->
                    of(ErrorReason.ERROR_REASON_INVALID_STATE)
                            .what("operation %s made the guest state of machine %s already", op, vm)
                            .fix("Ask for it with the same create again.")
                            .with("operation", op);
            case Reason.NotNow(var observed) ->
                    of(ErrorReason.ERROR_REASON_INVALID_STATE)
                            .what(
                                    "the processes of machine %s do not stand where the command"
                                            + " needs them: %s",
                                    vm, observed)
                            .with("observed", observed);
            case Reason.Purged() ->
                    of(ErrorReason.ERROR_REASON_STALE_COMMAND)
                            .what("machine %s is purged on this node", vm)
                            .with("phase", "PURGED");
        };
    }

    private static Refusal of(ErrorReason reason) {
        return Refusal.of(reason, ErrorDomain.NODE);
    }
}
