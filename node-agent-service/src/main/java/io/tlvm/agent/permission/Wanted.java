package io.tlvm.agent.permission;

import io.tlvm.foundation.file.FileOwner;

import java.nio.file.Path;

/**
 * What a path of guest state must be, exactly.
 *
 * <p>An access control list needs no rule of its own: where one is set, the group bits of the mode
 * are its mask (acl(5)), so under an exact mode no entry of it grants more than the mode does.
 *
 * @param path absolute
 * @param kind directory or file with one name
 * @param owner whose it is
 * @param mode in the form of ls, for example {@code rw-------}
 * @param guards what its content guards
 */
public record Wanted(Path path, Kind kind, FileOwner owner, String mode, Guards guards) {
    /** What may stand under the name; a symbolic link is neither. */
    public enum Kind {
        DIRECTORY,
        FILE
    }

    /** Why a path matters. */
    public enum Guards {
        /** The key of a state, or the seal over it: if others could reach it, nothing starts. */
        KEY_MATERIAL,
        /** State that its key protects, or the way there. */
        STATE
    }

    static Wanted directory(Path path, FileOwner owner, String mode) {
        return new Wanted(path, Kind.DIRECTORY, owner, mode, Guards.STATE);
    }

    static Wanted file(Path path, FileOwner owner, Guards guards) {
        return new Wanted(path, Kind.FILE, owner, "rw-------", guards);
    }
}
