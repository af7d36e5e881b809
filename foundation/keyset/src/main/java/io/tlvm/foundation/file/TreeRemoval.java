package io.tlvm.foundation.file;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes a directory and all below it, relative to open directories (openat, unlinkat): an
 * unprivileged process that owns a part of the tree and swaps a directory for a symbolic link
 * meanwhile cannot lead root out of the tree.
 */
public final class TreeRemoval {
    /**
     * Deeper than any tree of ours; something deeper was made by a guest's process to exhaust the
     * walker.
     */
    private static final int DEPTH_MAX = 16;

    private TreeRemoval() {}

    /**
     * Removes what has this name in the directory: a tree, a file, or the link itself. Nothing
     * there is fine.
     *
     * @throws IOException when something could not be removed; what is left can be removed by
     *     another call
     */
    public static void remove(Path directory, String name) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            if (!(stream instanceof SecureDirectoryStream<Path> secure)) {
                throw new IOException(
                        "no openat on the file system of "
                                + directory
                                + ": use a Linux file system");
            }
            remove(secure, Path.of(name), DEPTH_MAX);
        } catch (NoSuchFileException gone) {
            return;
        }
        DurableFile.syncDirectory(directory);
    }

    /**
     * Removes a tree that is named by its path.
     *
     * @throws IOException when something could not be removed
     */
    public static void remove(Path tree) throws IOException {
        Path absolute = tree.toAbsolutePath();
        Path directory = absolute.getParent();
        if (directory == null) {
            throw new IOException("refusing to remove the root directory");
        }
        remove(directory, absolute.getFileName().toString());
    }

    private static void remove(SecureDirectoryStream<Path> parent, Path name, int depth)
            throws IOException {
        if (depth == 0) {
            throw new IOException(
                    "more than "
                            + DEPTH_MAX
                            + " directories deep at "
                            + name
                            + ": remove it by hand");
        }
        BasicFileAttributeView view =
                parent.getFileAttributeView(
                        name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        try {
            if (!view.readAttributes().isDirectory()) {
                parent.deleteFile(name);
                return;
            }
            removeBelow(parent, name, depth);
            parent.deleteDirectory(name);
        } catch (NoSuchFileException gone) {
            // Somebody else, or an earlier call, removed just this one: the rest is still to be
            // done.
            return;
        }
    }

    private static void removeBelow(SecureDirectoryStream<Path> parent, Path name, int depth)
            throws IOException {
        try (SecureDirectoryStream<Path> directory =
                parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
            List<Path> entries = new ArrayList<>();
            directory.forEach(entry -> entries.add(entry.getFileName()));
            for (Path entry : entries) {
                remove(directory, entry, depth - 1);
            }
        }
    }
}
