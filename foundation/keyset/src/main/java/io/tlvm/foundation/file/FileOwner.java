package io.tlvm.foundation.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who owns a file: the agent itself, or the user id that QEMU and swtpm of one virtual machine run
 * under.
 *
 * @param uid numeric user id, 0 or more
 * @param gid numeric group id, 0 or more
 */
public record FileOwner(int uid, int gid) {
    private static final Path OWN_STATUS = Path.of("/proc/self/status");

    /** proc(5): real, effective, saved and file system id, in this order. */
    private static final Pattern EFFECTIVE = Pattern.compile("(Uid|Gid):\\s+\\d+\\s+(\\d+)\\s.*");

    private static final int ROOT = 0;

    /** Refuses negative ids: chown(2) reads -1 as "leave as it is". */
    public FileOwner {
        if (uid < 0 || gid < 0) {
            throw new IllegalArgumentException(
                    "user and group ids are 0 or more, not %d:%d".formatted(uid, gid));
        }
    }

    /**
     * The effective user and group that this process runs under. Not the owner of /proc/self: that
     * is a symbolic link and root's, whoever asks.
     *
     * @throws IOException when /proc is not mounted
     */
    public static FileOwner ofThisProcess() throws IOException {
        Map<String, Integer> ids = new HashMap<>();
        for (String line : Files.readAllLines(OWN_STATUS, StandardCharsets.ISO_8859_1)) {
            Matcher matcher = EFFECTIVE.matcher(line);
            if (matcher.matches()) {
                ids.put(matcher.group(1), Integer.parseInt(matcher.group(2)));
            }
        }
        Integer uid = ids.get("Uid");
        Integer gid = ids.get("Gid");
        if (uid == null || gid == null) {
            throw new IOException(OWN_STATUS + " names no user and group");
        }
        return new FileOwner(uid, gid);
    }

    /**
     * The owner of a file; of the link itself where it is one.
     *
     * @throws IOException when the file cannot be examined
     */
    public static FileOwner of(Path file) throws IOException {
        FileStatus status = FileStatus.of(file);
        return new FileOwner(status.uid(), status.gid());
    }

    /**
     * Makes this the owner of a file or directory and sets its exact mode. A process without root's
     * rights can give nothing away: there everything stays its own, and QEMU and swtpm run under
     * its user too.
     *
     * @param mode in the form of ls, for example {@code rw-------}
     * @throws IOException when a right is missing or the file is a symbolic link
     */
    public void take(Path file, String mode) throws IOException {
        Set<PosixFilePermission> permissions = PosixFilePermissions.fromString(mode);
        if (Files.isSymbolicLink(file)) {
            throw new IOException(
                    "refusing to change owner or mode through the symbolic link " + file);
        }
        // Mode first: for a moment the old owner has the narrower rights, never the new one the
        // wider.
        Files.setPosixFilePermissions(file, permissions);
        if (ofThisProcess().uid() == ROOT && !of(file).equals(this)) {
            Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(file, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
        }
    }

    @Override
    public String toString() {
        return uid + ":" + gid;
    }
}
