package io.tlvm.vm.backup.directory;

import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.TreeRemoval;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.backup.BackupShelf;
import io.tlvm.vm.backup.BackupSource;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/**
 * Files {@code <directory>/<vm uid>/<time>-<backup>.tlvm-backup}, each the service's alone (0600).
 */
public final class DirectoryShelf implements BackupShelf {
    /** Of each VM: a week, with one a day. */
    static final int KEPT = 7;

    private static final FileAttribute<?> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final String SUFFIX = ".tlvm-backup";

    /** In the order of time when they are in the order of names. */
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

    private final Path root;

    /**
     * @param root made at the first backup, for this service alone
     */
    public DirectoryShelf(Path root) {
        this.root = root.toAbsolutePath();
    }

    @Override
    public void keep(VmUid vm, BackupSource.Sealed backup) throws IOException {
        Files.createDirectories(root, PRIVATE);
        Path directory = root.resolve(vm.value());
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(directory, PRIVATE);
            DurableFile.syncDirectory(root);
        }
        String name =
                TIME.format(backup.made().createTime()) + "-" + backup.made().number() + SUFFIX;
        DurableFile.replace(
                directory.resolve(name), backup.file().toByteArray(), FileOwner.ofThisProcess());
        List<String> names =
                names(directory).stream().filter(file -> file.endsWith(SUFFIX)).sorted().toList();
        for (String old : names.subList(0, Math.max(0, names.size() - KEPT))) {
            TreeRemoval.remove(directory, old);
        }
    }

    @Override
    public List<VmUid> machines() throws IOException {
        List<VmUid> machines = new ArrayList<>();
        if (Files.isDirectory(root)) {
            for (String name : names(root)) {
                try {
                    machines.add(new VmUid(name));
                } catch (IllegalArgumentException notOurs) {
                    continue;
                }
            }
        }
        return machines;
    }

    @Override
    public void destroy(VmUid vm) throws IOException {
        TreeRemoval.remove(root, vm.value());
    }

    private static List<String> names(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
        }
        return names;
    }
}
