package io.tlvm.agent.machine;

import io.tlvm.agent.gueststate.StateTree;
import io.tlvm.agent.permission.WayThere;
import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.StableRead;
import io.tlvm.node.v1.StorageLocation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which storage paths this node reaches. A directory counts only if it carries the marker that the
 * path was created with: the empty directory under a mount that failed looks just like storage
 * otherwise.
 *
 * @param claimEmpty whether an empty directory gets the marker; for machines that have nothing
 *     mounted
 */
public record StoragePaths(boolean claimEmpty) {
    /** Holds the path's resource name, {@code storagePaths/{storage_path}}. */
    public static final String MARKER = ".tlvm-storage-path";

    private static final int MARKER_MAX = 256;

    /**
     * The tree of a path.
     *
     * @return empty, with the reason beside it, when it is not reached
     */
    public Reach look(StorageLocation location) {
        Path directory = Path.of(location.getDirectory());
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return new Reach(Optional.empty(), directory + " is no directory here");
        }
        try {
            Optional<String> open = WayThere.trouble(directory);
            if (open.isPresent()) {
                return new Reach(Optional.empty(), open.get());
            }
            if (claimEmpty && isEmpty(directory)) {
                DurableFile.replace(
                        directory.resolve(MARKER),
                        (location.getStoragePath() + "\n").getBytes(StandardCharsets.UTF_8),
                        FileOwner.ofThisProcess());
            }
            return switch (StableRead.read(directory.resolve(MARKER), MARKER_MAX)) {
                case StableRead.Outcome.Stable(byte[] content) -> {
                    String name = new String(content, StandardCharsets.UTF_8).strip();
                    yield name.equals(location.getStoragePath())
                            ? new Reach(Optional.of(new StateTree(directory)), "")
                            : new Reach(Optional.empty(), "its marker names '" + name + "'");
                }
                case StableRead.Outcome.Missing _ ->
                        new Reach(
                                Optional.empty(),
                                directory
                                        + " has no file "
                                        + MARKER
                                        + ": mount the storage, or write '"
                                        + location.getStoragePath()
                                        + "' into it once");
                case StableRead.Outcome.NotRegular _,
                        StableRead.Outcome.TooLarge _,
                        StableRead.Outcome.Changing _ ->
                        new Reach(
                                Optional.empty(),
                                directory.resolve(MARKER) + " is no small regular file");
            };
        } catch (IOException failed) {
            return new Reach(Optional.empty(), directory + ": " + failed.getMessage());
        }
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            return !entries.iterator().hasNext();
        }
    }

    /**
     * What was found.
     *
     * @param tree the guest state there, if the path is reached
     * @param why not; empty when it is
     */
    public record Reach(Optional<StateTree> tree, String why) {}
}
