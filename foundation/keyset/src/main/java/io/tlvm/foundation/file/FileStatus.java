package io.tlvm.foundation.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** lstat(2): what a name stands for, in one call, and whether it still is the same thing later. */
public record FileStatus(
        int mode,
        int links,
        long device,
        long inode,
        int uid,
        int gid,
        long size,
        Object modified,
        Object changed) {
    private static final int REGULAR = 0x8000;
    private static final int DIRECTORY = 0x4000;
    private static final int STICKY = 0x200;
    private static final int RIGHTS = 9;
    private static final int TYPE_MASK = 0xF000;
    private static final String NAMES =
            "unix:mode,nlink,dev,ino,uid,gid,size,lastModifiedTime,ctime";

    /**
     * Of the name itself, also where it is a link.
     *
     * @throws IOException when nothing has it, or it cannot be examined
     */
    public static FileStatus of(Path file) throws IOException {
        Map<String, Object> found = Files.readAttributes(file, NAMES, LinkOption.NOFOLLOW_LINKS);
        return new FileStatus(
                (Integer) get(found, "mode"),
                (Integer) get(found, "nlink"),
                (Long) get(found, "dev"),
                (Long) get(found, "ino"),
                (Integer) get(found, "uid"),
                (Integer) get(found, "gid"),
                (Long) get(found, "size"),
                get(found, "lastModifiedTime"),
                get(found, "ctime"));
    }

    /** A regular file with exactly one name: nobody reaches it by another one. */
    boolean isPlain() {
        return isRegular() && links == 1;
    }

    public boolean isRegular() {
        return (mode & TYPE_MASK) == REGULAR;
    }

    public boolean isDirectory() {
        return (mode & TYPE_MASK) == DIRECTORY;
    }

    /** Names in such a directory are removed and renamed by their owners alone. */
    public boolean isSticky() {
        return (mode & STICKY) != 0;
    }

    /** The nine bits that ls shows. */
    public Set<PosixFilePermission> permissions() {
        PosixFilePermission[] all = PosixFilePermission.values();
        Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < RIGHTS; i++) {
            if ((mode & 1 << RIGHTS - 1 - i) != 0) {
                set.add(all[i]);
            }
        }
        return set;
    }

    private static Object get(Map<String, Object> found, String name) {
        return Objects.requireNonNull(found.get(name), name);
    }
}
