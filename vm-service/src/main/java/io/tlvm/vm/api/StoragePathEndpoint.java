package io.tlvm.vm.api;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.tlvm.compute.v1.CreateStoragePathRequest;
import io.tlvm.compute.v1.GetStoragePathRequest;
import io.tlvm.compute.v1.ListStoragePathsRequest;
import io.tlvm.compute.v1.ListStoragePathsResponse;
import io.tlvm.compute.v1.StoragePath;
import io.tlvm.compute.v1.StoragePathService;
import io.tlvm.vm.node.NodeRecords;
import io.tlvm.vm.refusal.ClusterRefusal;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Clock;
import java.util.List;

/** tlvm.compute.v1.StoragePathService. */
@GrpcService
class StoragePathEndpoint implements StoragePathService {
    private final NodeRecords nodes;
    private final Pages pages;
    private final Clock clock;

    StoragePathEndpoint(NodeRecords nodes, Pages pages, Clock clock) {
        this.nodes = nodes;
        this.pages = pages;
        this.clock = clock;
    }

    @Override
    public Uni<StoragePath> createStoragePath(CreateStoragePathRequest request) {
        return Answer.of(
                () -> {
                    StoragePath asked = request.getStoragePath();
                    switch (asked.getKind()) {
                        case KIND_SHARED -> {
                            // built
                        }
                        case KIND_LOCAL ->
                                throw new VmRefused(
                                        new MachineRefusal.NotBuilt(
                                                "a storage path of KIND_LOCAL",
                                                "use KIND_SHARED with a directory that the nodes"
                                                        + " share"));
                        case KIND_UNSPECIFIED, UNRECOGNIZED ->
                                throw Refusals.invalid(
                                                "storage_path.kind", "enum.not_in", "is required")
                                        .asException();
                    }
                    // The contract's pattern lets these through, and each would be another place on
                    // a node.
                    if (asked.getDirectory().contains("/../")
                            || asked.getDirectory().endsWith("/..")
                            || asked.getDirectory().contains("//")
                            || asked.getDirectory().contains("/./")) {
                        throw Refusals.invalid(
                                        "storage_path.directory",
                                        "directory.plain",
                                        "must not contain //, /./ or /../")
                                .asException();
                    }
                    var path =
                            new io.tlvm.vm.node.StoragePath(
                                    "storagePaths/" + request.getStoragePathId(),
                                    asked.getDirectory(),
                                    List.of(),
                                    clock.instant());
                    if (!nodes.createPath(path)) {
                        throw new VmRefused(new ClusterRefusal.StoragePathTaken(path.name()));
                    }
                    return shown(path.name());
                });
    }

    @Override
    public Uni<StoragePath> getStoragePath(GetStoragePathRequest request) {
        return Answer.of(() -> shown(request.getName()));
    }

    @Override
    public Uni<ListStoragePathsResponse> listStoragePaths(ListStoragePathsRequest request) {
        return Answer.of(
                () -> {
                    var page =
                            pages.read(
                                    request.getPageSize(),
                                    request.getPageToken(),
                                    request,
                                    nodes::listPaths,
                                    io.tlvm.vm.node.StoragePath::name);
                    return ListStoragePathsResponse.newBuilder()
                            .addAllStoragePaths(
                                    page.items().stream().map(StoragePathEndpoint::proto).toList())
                            .setNextPageToken(page.next())
                            .build();
                });
    }

    private StoragePath shown(String name) {
        return nodes.findPath(name)
                .map(StoragePathEndpoint::proto)
                .orElseThrow(() -> new VmRefused(new ClusterRefusal.NoSuchStoragePath(name)));
    }

    private static StoragePath proto(io.tlvm.vm.node.StoragePath path) {
        return StoragePath.newBuilder()
                .setName(path.name())
                .setKind(StoragePath.Kind.KIND_SHARED)
                .setDirectory(path.directory())
                .addAllNodes(path.nodes().stream().map(node -> "nodes/" + node).toList())
                .setCreateTime(Translate.proto(path.createTime()))
                .build();
    }
}
