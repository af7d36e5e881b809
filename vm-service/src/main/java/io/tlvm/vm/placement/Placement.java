package io.tlvm.vm.placement;

import io.tlvm.vm.machine.Security;
import io.tlvm.vm.node.ClusterNode;
import io.tlvm.vm.node.StoragePath;
import io.tlvm.vm.refusal.PlacementRefusal;
import io.tlvm.vm.refusal.PlacementRefusal.Cause;
import io.tlvm.vm.refusal.PlacementRefusal.Rejection;
import io.tlvm.vm.refusal.VmRefused;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Chooses a node and a storage path. Pure; of the nodes that fit, the one with most free memory
 * wins.
 */
public final class Placement {
    private Placement() {}

    /**
     * The choice for {@code demand}.
     *
     * @throws VmRefused with a reason per node when none fits
     */
    public static Choice choose(Demand demand, List<Candidate> nodes, List<StoragePath> paths) {
        demand.storagePath()
                .filter(wanted -> paths.stream().noneMatch(path -> path.name().equals(wanted)))
                .ifPresent(
                        wanted -> {
                            throw new VmRefused(new PlacementRefusal.UnknownStoragePath(wanted));
                        });
        demand.node()
                .filter(wanted -> nodes.stream().noneMatch(one -> one.node().name().equals(wanted)))
                .ifPresent(
                        wanted -> {
                            throw new VmRefused(new PlacementRefusal.UnknownNode(wanted.value()));
                        });
        List<Rejection> rejections = new ArrayList<>();
        List<Candidate> fit = new ArrayList<>();
        for (Candidate candidate : nodes) {
            Optional<Rejection> rejection = rejection(demand, candidate, paths);
            rejection.ifPresentOrElse(rejections::add, () -> fit.add(candidate));
        }
        return fit.stream()
                .max(
                        Comparator.comparingLong(Placement::freeMemory)
                                .thenComparing(one -> one.node().name(), Comparator.reverseOrder()))
                .map(
                        one ->
                                new Choice(
                                        one.node().name(),
                                        path(demand, one.node(), paths).orElseThrow()))
                .orElseThrow(() -> new VmRefused(none(demand, rejections)));
    }

    /** Why {@code candidate} does not get the VM; empty when it could. */
    public static Optional<Rejection> rejection(
            Demand demand, Candidate candidate, List<StoragePath> paths) {
        ClusterNode node = candidate.node();
        if (demand.node().isPresent() && !demand.node().get().equals(node.name())) {
            return rejected(node, Cause.NOT_WANTED, "the request wants " + demand.node().get());
        }
        if (!node.reachable()) {
            return rejected(node, Cause.UNREACHABLE, node.unschedulableReason());
        }
        var capabilities = node.capabilities();
        if (demand.security().type() == Security.Type.TRUSTED_LAUNCH
                && !capabilities.trustedLaunch()) {
            return rejected(node, Cause.TRUSTED_LAUNCH, capabilities.trustedLaunchReason());
        }
        if (demand.security().vbs() && !capabilities.vbs()) {
            return rejected(node, Cause.VBS, capabilities.vbsReason());
        }
        if (path(demand, node, paths).isEmpty()) {
            return rejected(
                    node,
                    Cause.STORAGE,
                    demand.storagePath()
                            .map(wanted -> "it does not reach " + wanted)
                            .orElse("it reaches no storage path"));
        }
        int vcpusFree = capabilities.vcpus() - candidate.vcpusUsed();
        if (vcpusFree < demand.hardware().vcpus()) {
            return rejected(
                    node,
                    Cause.CAPACITY,
                    "%d of %d virtual processors are free"
                            .formatted(Math.max(0, vcpusFree), capabilities.vcpus()));
        }
        long memoryFree = freeMemory(candidate);
        if (memoryFree < demand.hardware().memoryMib()) {
            return rejected(
                    node,
                    Cause.CAPACITY,
                    "%d of %d MiB are free"
                            .formatted(Math.max(0, memoryFree), capabilities.memoryMib()));
        }
        return Optional.empty();
    }

    private static PlacementRefusal none(Demand demand, List<Rejection> rejections) {
        var hardware = demand.hardware();
        List<Rejection> wanted =
                rejections.stream().filter(one -> one.cause() != Cause.NOT_WANTED).toList();
        if (demand.security().vbs()
                && !wanted.isEmpty()
                && wanted.stream().allMatch(one -> one.cause() == Cause.VBS)) {
            return new PlacementRefusal.VbsNowhere(demand.vm(), wanted);
        }
        if (demand.node().isPresent()
                && wanted.size() == 1
                && wanted.getFirst().cause() == Cause.CAPACITY) {
            Rejection full = wanted.getFirst();
            return new PlacementRefusal.NodeFull(
                    full.node(), hardware.vcpus(), hardware.memoryMib(), full.reason());
        }
        return new PlacementRefusal.NoNode(hardware.vcpus(), hardware.memoryMib(), rejections);
    }

    private static Optional<String> path(Demand demand, ClusterNode node, List<StoragePath> paths) {
        return paths.stream()
                .map(StoragePath::name)
                .filter(name -> demand.storagePath().map(name::equals).orElse(true))
                .filter(node.storagePaths()::contains)
                .sorted()
                .findFirst();
    }

    private static long freeMemory(Candidate candidate) {
        return candidate.node().capabilities().memoryMib() - candidate.memoryMibUsed();
    }

    private static Optional<Rejection> rejected(ClusterNode node, Cause cause, String reason) {
        return Optional.of(new Rejection(node.name(), cause, reason));
    }
}
