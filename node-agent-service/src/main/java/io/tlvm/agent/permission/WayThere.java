package io.tlvm.agent.permission;

import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.FileStatus;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;

/**
 * Whoever can write a directory can replace what is below it, whatever that one's mode is. So every
 * directory from the root to a storage path must belong to root or to the agent and be writable by
 * nobody else; a sticky one such as /tmp lets nobody rename what is not theirs (unlink(2), EACCES).
 */
public final class WayThere {
    private static final int ROOT = 0;

    private WayThere() {}

    /**
     * Looks from the directory up to the root.
     *
     * @param directory absolute
     * @return why it is not safe, with the way to mend it; empty when it is
     * @throws IOException when one cannot be examined
     */
    public static Optional<String> trouble(Path directory) throws IOException {
        int self = FileOwner.ofThisProcess().uid();
        Path real = directory.toRealPath();
        for (Path step = real; step != null; step = step.getParent()) {
            FileStatus found = FileStatus.of(step);
            if (found.uid() != ROOT && found.uid() != self) {
                return Optional.of(
                        "%s belongs to user %d, who could replace what is below it: chown it to %d"
                                .formatted(step, found.uid(), self));
            }
            boolean writable =
                    found.permissions().contains(PosixFilePermission.GROUP_WRITE)
                            || found.permissions().contains(PosixFilePermission.OTHERS_WRITE);
            boolean last = step.equals(real);
            if (writable && (last || !found.isSticky())) {
                return Optional.of(
                        "%s can be written by others: run chmod go-w %s".formatted(step, step));
            }
        }
        return Optional.empty();
    }
}
