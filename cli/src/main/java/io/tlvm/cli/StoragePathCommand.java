package io.tlvm.cli;

import io.tlvm.cli.input.ResourceNames;
import io.tlvm.compute.v1.CreateStoragePathRequest;
import io.tlvm.compute.v1.GetStoragePathRequest;
import io.tlvm.compute.v1.ListStoragePathsRequest;
import io.tlvm.compute.v1.ListStoragePathsResponse;
import io.tlvm.compute.v1.StoragePath;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.time.Duration;
import java.util.List;

/** {@code tlvm storage-path}. */
@Command(name = "storage-path", description = "Where guest state and disks are kept.")
final class StoragePathCommand {

    /** Twice the time between two renewals of a node. */
    private static final Duration LOOKED_AT_WITHIN = Duration.ofSeconds(10);

    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private final Session session;

    /** How far a path reaches. */
    enum Kind {
        /** Several nodes. */
        SHARED,
        /** One node. */
        LOCAL;

        StoragePath.Kind toProto() {
            return switch (this) {
                case SHARED -> StoragePath.Kind.KIND_SHARED;
                case LOCAL -> StoragePath.Kind.KIND_LOCAL;
            };
        }
    }

    StoragePathCommand(Session session) {
        this.session = session;
    }

    @Command(name = "list", aliases = "ls", description = "List storage paths.")
    int list() {
        List<StoragePath> found =
                session.calls()
                        .list(
                                token ->
                                        session.services()
                                                .storagePaths()
                                                .listStoragePaths(
                                                        ListStoragePathsRequest.newBuilder()
                                                                .setPageToken(token)
                                                                .build()),
                                ListStoragePathsResponse::getStoragePathsList,
                                ListStoragePathsResponse::getNextPageToken,
                                Integer.MAX_VALUE);
        session.printer().list(session.views().storagePath(), found);
        return 0;
    }

    @Command(name = "show", description = "Everything about a storage path.")
    int show(@Parameters(paramLabel = "NAME") String name) {
        var request =
                GetStoragePathRequest.newBuilder()
                        .setName(session.names().storagePath(name))
                        .build();
        session.printer()
                .details(
                        session.views().storagePath(),
                        session.calls()
                                .repeatable(
                                        () ->
                                                session.services()
                                                        .storagePaths()
                                                        .getStoragePath(request)));
        return 0;
    }

    @Command(
            name = "create",
            description = "Create a storage path; its directory must exist on the nodes.")
    int create(
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = {"--directory", "--path"},
                            required = true,
                            description = "absolute, the same on every node")
                    String directory,
            @Option(names = "--kind", defaultValue = "shared", description = "shared or local")
                    Kind kind) {
        session.refuseDryRun("storage-path create");
        var request =
                CreateStoragePathRequest.newBuilder()
                        .setStoragePathId(ResourceNames.shortName(name))
                        .setStoragePath(
                                StoragePath.newBuilder()
                                        .setKind(kind.toProto())
                                        .setDirectory(directory))
                        .build();
        StoragePath created =
                session.calls()
                        .once(() -> session.services().storagePaths().createStoragePath(request));
        session.printer().one(session.views().storagePath(), lookedAt(created));
        return 0;
    }

    /**
     * Nodes look for a new path when they renew, every few seconds. What is printed is what came of
     * it, so that a VM can be created by the next command.
     */
    private StoragePath lookedAt(StoragePath created) {
        long end = System.nanoTime() + LOOKED_AT_WITHIN.toNanos();
        var request = GetStoragePathRequest.newBuilder().setName(created.getName()).build();
        long nodes =
                NodeCommand.all(session).stream()
                        .filter(node -> node.getUnschedulableReason().isEmpty())
                        .count();
        StoragePath now = created;
        while (now.getNodesCount() < nodes && System.nanoTime() < end) {
            session.host().pause().rest(LOOK_EVERY);
            now =
                    session.calls()
                            .repeatable(
                                    () ->
                                            session.services()
                                                    .storagePaths()
                                                    .getStoragePath(request));
        }
        return now;
    }
}
