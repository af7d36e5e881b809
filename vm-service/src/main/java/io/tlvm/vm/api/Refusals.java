package io.tlvm.vm.api;

import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_ALREADY_EXISTS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_ETAG_MISMATCH;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_FEATURE_NOT_AVAILABLE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_HYPERVISOR_FAILED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_HAS_NO_CONTENT;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_NOT_FROM_MARKETPLACE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_NOT_TRUSTED_LAUNCH_CAPABLE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_INSUFFICIENT_CAPACITY;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_INVALID_POWER_STATE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_INVALID_STATE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_MACHINE_GONE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_MIGRATION_NOT_POSSIBLE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_MIGRATION_ROLLED_BACK;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_NODE_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_NODE_NOT_SCHEDULABLE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_NODE_UNREACHABLE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_NO_PLACEMENT;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_OPERATION_CANCELLED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_OPERATION_IN_PROGRESS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_OWNERSHIP_CONTENDED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_PERMISSION_DENIED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_REQUEST_ID_REUSED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_STORAGE_PATH_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_TIMED_OUT;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_TOO_MANY_REQUESTS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_TRUSTED_LAUNCH_REQUIRES_VTPM_AND_SECURE_BOOT;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_VALIDATION_FAILED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_VBS_NOT_AVAILABLE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_VM_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_VM_QUARANTINED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_WATCHER_TOO_SLOW;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_WATCH_EXPIRED;

import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.ReasonTable;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.ownership.StepFailure;
import io.tlvm.vm.refusal.ClusterRefusal;
import io.tlvm.vm.refusal.ImageRefusal;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.MigrationRefusal;
import io.tlvm.vm.refusal.OwnershipRefusal;
import io.tlvm.vm.refusal.PlacementRefusal;
import io.tlvm.vm.refusal.PlacementRefusal.Rejection;
import io.tlvm.vm.refusal.VmRefusal;

import java.util.List;
import java.util.stream.Collectors;

/** The one place that turns refusals of the rooms into what travels. */
final class Refusals {
    static final String VM = "compute.tlvm.io/VirtualMachine";
    private static final String NODE = "compute.tlvm.io/Node";
    private static final String STORAGE_PATH = "compute.tlvm.io/StoragePath";
    private static final String IMAGE = "catalog.tlvm.io/Image";

    private Refusals() {}

    static Refusal of(VmRefusal refusal) {
        return switch (refusal) {
            case MachineRefusal machine -> machine(machine);
            case ImageRefusal image -> image(image);
            case PlacementRefusal placement -> placement(placement);
            case MigrationRefusal migration -> migration(migration);
            case ClusterRefusal cluster -> cluster(cluster);
            case OwnershipRefusal ownership -> ownership(ownership);
        };
    }

    /** A violation of a rule that the contract cannot express. */
    static Refusal invalid(String field, String rule, String sentence) {
        return because(ERROR_REASON_VALIDATION_FAILED)
                .what("%s: %s", field, sentence)
                .violation(field, rule, sentence);
    }

    private static Refusal machine(MachineRefusal refusal) {
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

    private static Refusal image(ImageRefusal refusal) {
        return switch (refusal) {
            case ImageRefusal.NotFound(var image) ->
                    because(ERROR_REASON_IMAGE_NOT_FOUND)
                            .what("there is no image %s", image)
                            .resource(IMAGE, image)
                            .with("suggestions", "");
            case ImageRefusal.NotReady(var image, var state) ->
                    because(ERROR_REASON_INVALID_STATE)
                            .what("image %s is %s", image, state)
                            .with("current", state)
                            .with("required", "ACTIVE")
                            .with("verb", "create")
                            .precondition(
                                    "IMAGE_STATE", image, "is " + state + ", has to be ACTIVE");
            case ImageRefusal.NotFromMarketplace(var image) ->
                    because(ERROR_REASON_IMAGE_NOT_FROM_MARKETPLACE)
                            .what(
                                    "image %s is a file that belongs to no publisher; Trusted"
                                            + " launch takes only versions that a publisher of the"
                                            + " marketplace published",
                                    image)
                            .with("image", image)
                            .with("urn", "")
                            .with("fix", "use a marketplace version, or security type STANDARD")
                            .precondition(
                                    "IMAGE_SOURCE",
                                    image,
                                    "is a file, has to be from the marketplace");
            case ImageRefusal.NotCapable(var image, var urn, var reason, var alternatives) ->
                    because(ERROR_REASON_IMAGE_NOT_TRUSTED_LAUNCH_CAPABLE)
                            .what(
                                    "image %s (%s) cannot be used for Trusted launch: %s",
                                    image, urn, reason)
                            .with("image", image)
                            .with("urn", urn)
                            .with("capability", "TRUSTED_LAUNCH")
                            .with("reason", reason)
                            .with("alternatives", String.join(",", alternatives))
                            .precondition("IMAGE_CAPABILITY", image, reason);
            case ImageRefusal.WithoutContent(var image, var urn) ->
                    because(ERROR_REASON_IMAGE_HAS_NO_CONTENT)
                            .what(
                                    "image %s (%s) has no content: nobody brought media for it",
                                    image, urn)
                            .with("image", image)
                            .with("urn", urn)
                            .with("fix", "add content to the version");
            case ImageRefusal.CatalogSilent(var why) ->
                    because(ERROR_REASON_UNAVAILABLE_DEPENDENCY)
                            .what("the image catalog does not answer: %s", why)
                            .with("dependency", "image-catalog-service");
        };
    }

    private static Refusal placement(PlacementRefusal refusal) {
        return switch (refusal) {
            case PlacementRefusal.NoNode(var vcpus, var memory, var rejections) ->
                    because(ERROR_REASON_NO_PLACEMENT)
                            .what(
                                    "no node can run a machine with %d virtual processors and %d"
                                            + " MiB: %s",
                                    vcpus, memory, summary(rejections))
                            .with("vcpu", vcpus)
                            .with("memoryMib", memory)
                            .with("rejected", summary(rejections))
                            .quota("cluster", summary(rejections));
            case PlacementRefusal.NodeFull(var node, var vcpus, var memory, var reason) ->
                    because(ERROR_REASON_INSUFFICIENT_CAPACITY)
                            .what(
                                    "node %s has no room for %d virtual processors and %d MiB: %s",
                                    node, vcpus, memory, reason)
                            .with("node", node)
                            .with("vcpu", vcpus)
                            .with("memoryMib", memory)
                            .quota("nodes/" + node, reason);
            case PlacementRefusal.VbsNowhere(var vm, var rejections) ->
                    because(ERROR_REASON_VBS_NOT_AVAILABLE)
                            .what(
                                    "no node has the hardware for virtualization-based security:"
                                            + " %s",
                                    summary(rejections))
                            .with("vm", vm)
                            .with(
                                    "node",
                                    rejections.stream()
                                            .map(r -> r.node().value())
                                            .collect(Collectors.joining(",")))
                            .with("reason", summary(rejections));
            case PlacementRefusal.UnknownStoragePath(var path) -> noStoragePath(path);
            case PlacementRefusal.UnknownNode(var node) -> noNode("nodes/" + node);
        };
    }

    private static String summary(List<Rejection> rejections) {
        return rejections.isEmpty()
                ? "no node has joined"
                : rejections.stream()
                        .map(rejection -> rejection.node() + ": " + rejection.reason())
                        .collect(Collectors.joining("; "));
    }

    private static Refusal migration(MigrationRefusal refusal) {
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

    private static Refusal cluster(ClusterRefusal refusal) {
        return switch (refusal) {
            case ClusterRefusal.NoSuchNode(var name) -> noNode(name);
            case ClusterRefusal.NodeSilent(var node, var lastRenew) ->
                    because(ERROR_REASON_NODE_UNREACHABLE)
                            .what("the agent of node %s is silent since %s", node, lastRenew)
                            .with("node", node)
                            .with("lastHeartbeat", lastRenew);
            case ClusterRefusal.OtherNode(var caller, var asked) ->
                    because(ERROR_REASON_PERMISSION_DENIED)
                            .what("%s cannot speak for node %s", caller, asked)
                            .with("permission", "nodes/" + asked)
                            .with("resource", "nodes/" + asked);
            case ClusterRefusal.JoinFirst(var node) ->
                    because(ERROR_REASON_INVALID_STATE)
                            .what("node %s has not joined under this boot id", node)
                            .fix("join before renewing")
                            .with("current", "not joined")
                            .with("required", "joined")
                            .with("verb", "renew");
            case ClusterRefusal.NoSuchRow(var vm) ->
                    because(ERROR_REASON_VM_NOT_FOUND)
                            .what("no virtual machine %s concerns the node", vm)
                            .resource(VM, vm)
                            .with("suggestions", "");
            case ClusterRefusal.NoSuchStoragePath(var name) -> noStoragePath(name);
            case ClusterRefusal.StoragePathTaken(var name) ->
                    because(ERROR_REASON_ALREADY_EXISTS)
                            .what("there is a storage path %s already", name)
                            .resource(STORAGE_PATH, name);
            case ClusterRefusal.WatchExpired(var token) ->
                    because(ERROR_REASON_WATCH_EXPIRED)
                            .what("the resume token %s is not of this database's history", token)
                            .with("resumeToken", token);
            case ClusterRefusal.WatcherTooSlow(var token, var patience) ->
                    because(ERROR_REASON_WATCHER_TOO_SLOW)
                            .what("the watcher read nothing for %s", patience)
                            .with("resumeToken", token);
        };
    }

    private static Refusal ownership(OwnershipRefusal refusal) {
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

    private static Refusal noNode(String name) {
        return because(ERROR_REASON_NODE_NOT_FOUND)
                .what("there is no %s", name)
                .resource(NODE, name)
                .with("suggestions", "");
    }

    private static Refusal noStoragePath(String name) {
        return because(ERROR_REASON_STORAGE_PATH_NOT_FOUND)
                .what("there is no %s", name)
                .resource(STORAGE_PATH, name)
                .with("suggestions", "");
    }

    private static Refusal because(ErrorReason reason) {
        return Refusal.of(reason, ErrorDomain.COMPUTE);
    }
}
