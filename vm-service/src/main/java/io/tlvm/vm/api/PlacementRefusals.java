package io.tlvm.vm.api;

import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_HAS_NO_CONTENT;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_NOT_FOUND;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_NOT_FROM_MARKETPLACE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_IMAGE_NOT_TRUSTED_LAUNCH_CAPABLE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_INSUFFICIENT_CAPACITY;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_INVALID_STATE;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_NO_PLACEMENT;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_UNAVAILABLE_DEPENDENCY;
import static io.tlvm.type.v1.ErrorReason.ERROR_REASON_VBS_NOT_AVAILABLE;
import static io.tlvm.vm.api.Refusals.because;
import static io.tlvm.vm.api.Refusals.noNode;
import static io.tlvm.vm.api.Refusals.noStoragePath;

import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.vm.refusal.ImageRefusal;
import io.tlvm.vm.refusal.PlacementRefusal;
import io.tlvm.vm.refusal.PlacementRefusal.Rejection;

import java.util.List;
import java.util.stream.Collectors;

/** What refusals of images and of the choice of a node become. */
final class PlacementRefusals {
    private static final String IMAGE = "catalog.tlvm.io/Image";

    private PlacementRefusals() {}

    static Refusal of(ImageRefusal refusal) {
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

    static Refusal of(PlacementRefusal refusal) {
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
}
