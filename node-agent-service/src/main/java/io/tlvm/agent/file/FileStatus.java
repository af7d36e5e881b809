package io.tlvm.agent.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/** lstat(2): what a name stands for, in one call, and whether it still is the same thing later. */
record FileStatus(
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
    private static final int TYPE_MASK = 0xF000;
    private static final String NAMES =
            "unix:mode,nlink,dev,ino,uid,gid,size,lastModifiedTime,ctime";

    static FileStatus of(Path file) throws IOException {
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
        return (mode & TYPE_MASK) == REGULAR && links == 1;
    }

    private static Object get(Map<String, Object> found, String name) {
        return Objects.requireNonNull(found.get(name), name);
    }
}
