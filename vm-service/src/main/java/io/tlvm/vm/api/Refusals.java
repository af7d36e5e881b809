package io.tlvm.vm.api;

import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_ALREADY_EXISTS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_INVALID_STATE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_NODE_FENCING;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_NODE_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_NODE_STILL_RENEWS;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_NODE_UNREACHABLE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_PERMISSION_DENIED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_STORAGE_PATH_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_TOO_MANY_NODES_LOST;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_VALIDATION_FAILED;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_VM_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_WATCHER_TOO_SLOW;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_WATCH_EXPIRED;

import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.vm.refusal.ClusterRefusal;
import io.tlvm.vm.refusal.ImageRefusal;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.MigrationRefusal;
import io.tlvm.vm.refusal.OwnershipRefusal;
import io.tlvm.vm.refusal.PlacementRefusal;
import io.tlvm.vm.refusal.VmRefusal;

/** The one place that turns refusals of the rooms into what travels; one class for each family. */
final class Refusals {
    static final String VM = "compute.tlvm.io/VirtualMachine";
    private static final String NODE = "compute.tlvm.io/Node";
    private static final String STORAGE_PATH = "compute.tlvm.io/StoragePath";

    private Refusals() {}

    static Refusal of(VmRefusal refusal) {
        return switch (refusal) {
            case MachineRefusal machine -> MachineRefusals.of(machine);
            case ImageRefusal image -> PlacementRefusals.of(image);
            case PlacementRefusal placement -> PlacementRefusals.of(placement);
            case MigrationRefusal migration -> OwnershipRefusals.of(migration);
            case ClusterRefusal cluster -> cluster(cluster);
            case OwnershipRefusal ownership -> OwnershipRefusals.of(ownership);
        };
    }

    /** A violation of a rule that the contract cannot express. */
    static Refusal invalid(String field, String rule, String sentence) {
        return because(ERROR_REASON_VALIDATION_FAILED)
                .what("%s: %s", field, sentence)
                .violation(field, rule, sentence);
    }

    private static Refusal cluster(ClusterRefusal refusal) {
        return switch (refusal) {
            case ClusterRefusal.NoSuchNode(var name) -> noNode(name);
            case ClusterRefusal.NodeSilent(var node, var lastRenew) ->
                    because(ERROR_REASON_NODE_UNREACHABLE)
                            .what("the agent of node %s is silent since %s", node, lastRenew)
                            .with("node", node)
                            .with("lastHeartbeat", lastRenew);
            case ClusterRefusal.NodeFencing(var node) ->
                    because(ERROR_REASON_NODE_FENCING)
                            .what("node %s is being given up and may not join", node)
                            .with("node", node);
            case ClusterRefusal.NotClean(var node, var vm) ->
                    because(ERROR_REASON_INVALID_STATE)
                            .what(
                                    "node %s was fenced and has not cleaned up by the present row"
                                            + " of virtual machine %s",
                                    node, vm)
                            .fix("read the rows again, clean up by them, then join")
                            .with("current", "not clean")
                            .with("required", "clean")
                            .with("verb", "join");
            case ClusterRefusal.NodeRenews(var node, var lastRenew) ->
                    because(ERROR_REASON_NODE_STILL_RENEWS)
                            .what("node %s is not lost: it renewed at %s", node, lastRenew)
                            .with("node", node)
                            .with("lastHeartbeat", lastRenew);
            case ClusterRefusal.NotGivenUp(var node) ->
                    because(ERROR_REASON_INVALID_STATE)
                            .what("node %s is UP: give it up before its death is confirmed", node)
                            .with("current", "UP")
                            .with("required", "FENCING")
                            .with("verb", "confirm");
            case ClusterRefusal.TooManyLost(var node, var lost, var nodes) ->
                    because(ERROR_REASON_TOO_MANY_NODES_LOST)
                            .what(
                                    "%d of %d nodes are given up already; with %s it would be more"
                                            + " than half",
                                    lost, nodes, node)
                            .with("node", node)
                            .with("lost", lost)
                            .with("nodes", nodes);
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

    static Refusal noNode(String name) {
        return because(ERROR_REASON_NODE_NOT_FOUND)
                .what("there is no %s", name)
                .resource(NODE, name)
                .with("suggestions", "");
    }

    static Refusal noStoragePath(String name) {
        return because(ERROR_REASON_STORAGE_PATH_NOT_FOUND)
                .what("there is no %s", name)
                .resource(STORAGE_PATH, name)
                .with("suggestions", "");
    }

    static Refusal because(ErrorReason reason) {
        return Refusal.of(reason, ErrorDomain.COMPUTE);
    }
}
