package io.tlvm.agent.permission;

import io.tlvm.agent.gueststate.StateDirectory;
import io.tlvm.agent.gueststate.StateTree;
import io.tlvm.foundation.file.FileOwner;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the paths of one machine's guest state must be: directories of the agent that others only
 * pass, what QEMU and swtpm work on in the machine's user's hands alone, keys and seals in the
 * agent's.
 */
public final class StatePermissions {
    private static final int NAMES_MAX = 64;

    private StatePermissions() {}

    /**
     * The list for a directory that the agent holds.
     *
     * @param directory the machine's state directory
     * @param machineUser under whose id QEMU and swtpm of the machine run
     * @throws IOException when the names in it cannot be read
     */
    public static Permissions of(StateDirectory directory, FileOwner machineUser)
            throws IOException {
        FileOwner agent = FileOwner.ofThisProcess();
        Path machine = directory.path().toAbsolutePath().getParent();
        List<Wanted> wanted = new ArrayList<>();
        if (machine != null) {
            wanted.add(Wanted.directory(machine, agent, StateTree.PASSABLE));
        }
        wanted.add(Wanted.directory(directory.path(), agent, StateTree.PASSABLE));
        wanted.add(Wanted.directory(directory.tpm(), machineUser, StateTree.PRIVATE));
        for (Path file : files(directory.path())) {
            if (!file.equals(directory.tpm())) {
                wanted.add(
                        file.equals(directory.variables())
                                ? Wanted.file(file, machineUser, Wanted.Guards.STATE)
                                : Wanted.file(file, agent, Wanted.Guards.KEY_MATERIAL));
            }
        }
        if (Files.isDirectory(directory.tpm(), LinkOption.NOFOLLOW_LINKS)) {
            for (Path file : files(directory.tpm())) {
                wanted.add(Wanted.file(file, machineUser, Wanted.Guards.STATE));
            }
        }
        return new Permissions(wanted);
    }

    private static List<Path> files(Path directory) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                files.add(entry);
                if (files.size() > NAMES_MAX) {
                    throw new IOException(
                            "more than %d names in %s".formatted(NAMES_MAX, directory));
                }
            }
        }
        return files;
    }
}
