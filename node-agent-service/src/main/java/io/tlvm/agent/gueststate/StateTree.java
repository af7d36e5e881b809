package io.tlvm.agent.gueststate;

import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.TreeRemoval;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * All guest state on one storage path:
 *
 * <pre>
 * &lt;storage path&gt;/&lt;vm uid&gt;/&lt;state_ref&gt;/{tpm/, VARS.fd, MANIFEST, KEY}
 * &lt;storage path&gt;/&lt;vm uid&gt;/disks/&lt;disk&gt;.&lt;epoch&gt;
 * </pre>
 *
 * Directories down to the state directory belong to the agent and let others only pass (0711), so
 * that QEMU and swtpm reach the files that are theirs, and can neither list nor replace anything
 * else. A state directory is made under a temporary name, and destroyed key first: at every instant
 * it is whole, or worthless.
 */
public final class StateTree {
    /** Mode of the directories on the way to a machine's files: others only pass. */
    public static final String PASSABLE = "rwx--x--x";

    /** Mode of the directory that swtpm works in. */
    public static final String PRIVATE = "rwx------";

    private static final String DISKS = "disks";
    private static final String STAGED = ".new-";
    private static final Pattern STATE_REF = Pattern.compile("g[0-9]{1,19}-[0-9a-f]{8}");
    private static final Pattern DISK = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final int FILES_MAX = 64;

    private final Path root;

    /** The guest state below a storage path, which exists and belongs to the agent. */
    public StateTree(Path storagePath) {
        this.root = storagePath.toAbsolutePath().normalize();
    }

    /** What came of giving a directory its name. */
    public sealed interface Publication {
        /** It is there, on the medium. */
        record Published(StateDirectory directory) implements Publication {}

        /**
         * The name is taken: an earlier call finished. Nothing was changed; discard the staged one.
         */
        record NameTaken(StateDirectory existing) implements Publication {}
    }

    /**
     * What lies in the directory of a machine.
     *
     * @param refs finished state directories
     * @param staged temporary names that a crash left; nothing refers to them
     * @param disks file names below {@code disks}
     * @param unexpected anything else
     */
    public record Contents(
            List<StateRef> refs, List<String> staged, List<String> disks, List<String> unexpected) {
        /** Keeps unmodifiable lists. */
        public Contents {
            refs = List.copyOf(refs);
            staged = List.copyOf(staged);
            disks = List.copyOf(disks);
            unexpected = List.copyOf(unexpected);
        }
    }

    /**
     * Makes an empty state directory under a temporary name, with an empty {@code tpm/} of the
     * agent. What an earlier call staged for the same state_ref is destroyed.
     *
     * @throws IOException when the medium is full or fails
     */
    public StateDirectory stage(VmUid vm, StateRef ref) throws IOException {
        Path machine = machineDirectory(vm);
        String name = STAGED + ref.value();
        destroy(machine, name);
        Path path = makeDirectory(machine.resolve(name), PASSABLE);
        makeDirectory(path.resolve(StateDirectory.TPM), PRIVATE);
        return new StateDirectory(vm, ref, path);
    }

    /**
     * Syncs all of a staged directory and gives it its name. No process of the machine may be
     * writing in it.
     *
     * @throws IOException when the medium fails; call it again, or discard
     */
    public Publication publish(StateDirectory staged) throws IOException {
        Path target = pathOf(staged.vm(), staged.ref());
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return new Publication.NameTaken(new StateDirectory(staged.vm(), staged.ref(), target));
        }
        syncFiles(staged.tpm());
        DurableFile.syncDirectory(staged.tpm());
        syncFiles(staged.path());
        DurableFile.syncDirectory(staged.path());
        DurableFile.rename(staged.path(), target);
        return new Publication.Published(new StateDirectory(staged.vm(), staged.ref(), target));
    }

    /**
     * Destroys what was staged for a state_ref and not published. Nothing there is fine.
     *
     * @throws IOException when the medium fails; call it again
     */
    public void discard(VmUid vm, StateRef ref) throws IOException {
        destroy(root.resolve(vm.value()), STAGED + ref.value());
    }

    /**
     * The directory of that name, if it is there. What is in it is another question: {@link
     * StartExamination}.
     */
    public Optional<StateDirectory> open(VmUid vm, StateRef ref) {
        Path path = pathOf(vm, ref);
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                ? Optional.of(new StateDirectory(vm, ref, path))
                : Optional.empty();
    }

    /**
     * Makes a state unreadable for ever, then removes it: the wrapped key goes first and that is
     * synced, so that a crash leaves ciphertext that nobody can open. May be repeated; nothing
     * there is fine. No process of the machine may be alive.
     *
     * @throws IOException when the medium fails; call it again
     */
    public void destroy(VmUid vm, StateRef ref) throws IOException {
        destroy(root.resolve(vm.value()), ref.value());
    }

    /**
     * Removes one disk file. Nothing there is fine.
     *
     * @throws IOException when the medium fails; call it again
     */
    public void destroyDisk(VmUid vm, String disk, Epoch epoch) throws IOException {
        TreeRemoval.remove(disks(vm), diskName(disk, epoch));
    }

    /**
     * Where a disk's file lies; its directory is made if need be. The file itself is made by
     * someone else, owned by the machine's user, 0600.
     *
     * @param disk the disk's name, a DNS label
     * @param epoch of the attempt that made it
     * @throws IOException when the medium is full or fails
     */
    public Path disk(VmUid vm, String disk, Epoch epoch) throws IOException {
        String name = diskName(disk, epoch);
        machineDirectory(vm);
        Path disks = disks(vm);
        if (!Files.isDirectory(disks, LinkOption.NOFOLLOW_LINKS)) {
            makeDirectory(disks, PASSABLE);
        }
        return disks.resolve(name);
    }

    /**
     * The machines that have anything here.
     *
     * @throws IOException when the storage path cannot be read: then nothing is known, not "none"
     */
    public List<VmUid> machines() throws IOException {
        List<VmUid> machines = new ArrayList<>();
        for (String name : names(root)) {
            asVmUid(name).ifPresent(machines::add);
        }
        return machines;
    }

    /**
     * What there is of one machine; empty lists when it has nothing here.
     *
     * @throws IOException when it cannot be read: then nothing is known, not "none"
     */
    public Contents contents(VmUid vm) throws IOException {
        List<StateRef> refs = new ArrayList<>();
        List<String> staged = new ArrayList<>();
        List<String> unexpected = new ArrayList<>();
        List<String> disks = List.of();
        Path machine = root.resolve(vm.value());
        if (!Files.exists(machine, LinkOption.NOFOLLOW_LINKS)) {
            return new Contents(refs, staged, disks, unexpected);
        }
        for (String name : names(machine)) {
            boolean directory = Files.isDirectory(machine.resolve(name), LinkOption.NOFOLLOW_LINKS);
            if (directory && STATE_REF.matcher(name).matches()) {
                refs.add(new StateRef(name));
            } else if (directory && name.startsWith(STAGED)) {
                staged.add(name);
            } else if (directory && name.equals(DISKS)) {
                disks = names(machine.resolve(name));
            } else {
                unexpected.add(name);
            }
        }
        return new Contents(refs, staged, disks, unexpected);
    }

    private static void destroy(Path machine, String name) throws IOException {
        Path path = machine.resolve(name);
        if (!Files.isDirectory(machine, LinkOption.NOFOLLOW_LINKS)
                || !Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            TreeRemoval.remove(path, StateDirectory.KEY);
            TreeRemoval.remove(path, DurableFile.freshName(StateDirectory.KEY));
            TreeRemoval.remove(path, StateDirectory.MANIFEST);
        }
        TreeRemoval.remove(machine, name);
    }

    private Path machineDirectory(VmUid vm) throws IOException {
        Path machine = root.resolve(vm.value());
        return Files.isDirectory(machine, LinkOption.NOFOLLOW_LINKS)
                ? machine
                : makeDirectory(machine, PASSABLE);
    }

    private static Path makeDirectory(Path path, String mode) throws IOException {
        Files.createDirectory(
                path,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(PRIVATE)));
        FileOwner.ofThisProcess().take(path, mode);
        Path parent = path.getParent();
        if (parent != null) {
            DurableFile.syncDirectory(parent);
        }
        return path;
    }

    private static void syncFiles(Path directory) throws IOException {
        int count = 0;
        for (String name : names(directory)) {
            Path file = directory.resolve(name);
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                DurableFile.sync(file);
            } else if (!(name.equals(StateDirectory.TPM)
                    && Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))) {
                throw new IOException("a state directory holds only files, not " + file);
            }
            if (++count > FILES_MAX) {
                throw new IOException("more than %d files in %s".formatted(FILES_MAX, directory));
            }
        }
    }

    private static List<String> names(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                names.add(entry.getFileName().toString());
            }
        } catch (NoSuchFileException gone) {
            throw new IOException(
                    "cannot read the names in %s: it is not there".formatted(directory), gone);
        }
        names.sort(null);
        return names;
    }

    private static Optional<VmUid> asVmUid(String name) {
        try {
            return Optional.of(new VmUid(name));
        } catch (IllegalArgumentException other) {
            return Optional.empty();
        }
    }

    private static String diskName(String disk, Epoch epoch) {
        if (!DISK.matcher(disk).matches()) {
            throw new IllegalArgumentException(
                    "a disk's name is a DNS label, not \"%s\"".formatted(disk));
        }
        return disk + "." + epoch;
    }

    private Path disks(VmUid vm) {
        return root.resolve(vm.value()).resolve(DISKS);
    }

    private Path pathOf(VmUid vm, StateRef ref) {
        return root.resolve(vm.value()).resolve(ref.value());
    }
}
