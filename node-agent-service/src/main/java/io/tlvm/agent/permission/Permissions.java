package io.tlvm.agent.permission;

import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.FileStatus;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** Compares paths with what they must be, and brings them back. */
public final class Permissions {
    private final List<Wanted> wanted;

    /** For the paths of one machine, or of the node itself. */
    public Permissions(List<Wanted> wanted) {
        this.wanted = List.copyOf(wanted);
    }

    /** What was found on one path. */
    public record Finding(Wanted wanted, Drift drift) {}

    /**
     * What differs. A path that is not there is no drift: its absence is found by those who need
     * it.
     *
     * @throws IOException when a path cannot be examined
     */
    public List<Finding> examine() throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (Wanted path : wanted) {
            try {
                for (Drift drift : drifts(path, FileStatus.of(path.path()))) {
                    findings.add(new Finding(path, drift));
                }
            } catch (NoSuchFileException gone) {
                // Replaced or removed since the list was made.
            }
        }
        return findings;
    }

    /**
     * Gives a path back its owner and mode.
     *
     * @return false when that is beyond repair: a name too many, or another kind of thing
     * @throws IOException when a right is missing
     */
    public static boolean mend(Finding finding) throws IOException {
        return switch (finding.drift()) {
            case Drift.Owner _, Drift.Mode _ -> {
                finding.wanted().owner().take(finding.wanted().path(), finding.wanted().mode());
                yield true;
            }
            case Drift.Links _, Drift.OtherKind _ -> false;
        };
    }

    private static List<Drift> drifts(Wanted wanted, FileStatus found) throws IOException {
        boolean kind =
                switch (wanted.kind()) {
                    case DIRECTORY -> found.isDirectory();
                    case FILE -> found.isRegular();
                };
        if (!kind) {
            return List.of(new Drift.OtherKind(wanted.path(), wanted.kind()));
        }
        List<Drift> drifts = new ArrayList<>();
        if (wanted.kind() == Wanted.Kind.FILE && found.links() != 1) {
            drifts.add(new Drift.Links(wanted.path(), found.links()));
        }
        FileOwner owner = new FileOwner(found.uid(), found.gid());
        if (!owner.equals(wanted.owner())) {
            drifts.add(new Drift.Owner(wanted.path(), wanted.owner(), owner));
        }
        String mode = PosixFilePermissions.toString(found.permissions());
        if (!mode.equals(wanted.mode())) {
            drifts.add(new Drift.Mode(wanted.path(), wanted.mode(), mode));
        }
        return drifts;
    }
}
