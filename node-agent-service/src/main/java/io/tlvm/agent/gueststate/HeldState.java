package io.tlvm.agent.gueststate;

import io.tlvm.agent.firmware.FirmwareImage;
import io.tlvm.agent.firmware.VariableStore;
import io.tlvm.agent.gueststate.ManifestCheck.TpmFound;
import io.tlvm.agent.keys.DirectoryKeys;
import io.tlvm.agent.keys.KeyRing;
import io.tlvm.agent.keys.KeyWrap;
import io.tlvm.agent.keys.NodeKeyset;
import io.tlvm.agent.keys.StateKey;
import io.tlvm.agent.keys.SwtpmKey;
import io.tlvm.agent.tpm.PermanentState;
import io.tlvm.agent.tpm.TpmPayload;
import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.StableRead;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.NodeName;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;

/**
 * A state directory of this node whose key is open: while a machine's processes work in it, and
 * while it is made. Used by the machine's own queue.
 */
public final class HeldState implements AutoCloseable {
    private final StateDirectory directory;
    private final DirectoryKeys keys;
    private final FirmwareImage firmware;
    private final FileOwner owner;
    private final NodeName node;
    private @Nullable Manifest manifest;
    private Optional<Map<String, Object>> lookedAt = Optional.empty();

    private HeldState(
            StateDirectory directory,
            DirectoryKeys keys,
            FirmwareImage firmware,
            FileOwner owner,
            NodeName node) {
        this.directory = directory;
        this.keys = keys;
        this.firmware = firmware;
        this.owner = owner;
        this.node = node;
    }

    /** What came of opening a directory. */
    public sealed interface Opening {
        /** Its key is open; the caller closes the state. */
        record Opened(HeldState state) implements Opening {}

        /** Nothing can be read of it here. */
        record Locked(String why) implements Opening {}
    }

    /** Makes the directory's own key, and the file with its wraps. */
    public static HeldState make(
            StateDirectory staged,
            KeyRing ring,
            SecureRandom random,
            FirmwareImage firmware,
            FileOwner owner,
            NodeName node)
            throws IOException {
        try (StateKey key = StateKey.random(random)) {
            StateKeyFile.write(staged, ring.wrap(key, staged.vm(), staged.ref()));
            return new HeldState(
                    staged,
                    DirectoryKeys.derive(key, staged.vm(), staged.ref()),
                    firmware,
                    owner,
                    node);
        }
    }

    /**
     * A directory of another node, whose state key came with the command that recovers it. Only
     * read: whatever is made of it is made elsewhere.
     */
    public static HeldState foreign(
            StateDirectory directory,
            StateKey key,
            FirmwareImage firmware,
            FileOwner owner,
            NodeName node) {
        return new HeldState(
                directory,
                DirectoryKeys.derive(key, directory.vm(), directory.ref()),
                firmware,
                owner,
                node);
    }

    /** Opens the key of a directory that was made before. */
    public static Opening open(
            StateDirectory directory,
            NodeKeyset keyset,
            FirmwareImage firmware,
            FileOwner owner,
            NodeName node)
            throws IOException {
        return switch (StateKeyFile.read(directory)) {
            case StateKeyFile.Reading.Wraps wraps -> {
                Optional<KeyWrap> own = wraps.of(keyset.recipient());
                if (own.isEmpty()) {
                    yield new Opening.Locked("its key is not wrapped for " + keyset.recipient());
                }
                try (StateKey key = keyset.unwrap(own.get(), directory.vm(), directory.ref())) {
                    yield new Opening.Opened(
                            new HeldState(
                                    directory,
                                    DirectoryKeys.derive(key, directory.vm(), directory.ref()),
                                    firmware,
                                    owner,
                                    node));
                } catch (GeneralSecurityException notOurs) {
                    yield new Opening.Locked(
                            "its key was wrapped for another node, machine or directory, or"
                                    + " changed");
                }
            }
            case StateKeyFile.Reading.Missing _ ->
                    new Opening.Locked("it has no KEY: it was destroyed, or never finished");
            case StateKeyFile.Reading.Foreign foreign ->
                    new Opening.Locked(
                            "its KEY is that of " + foreign.foundVm() + "/" + foreign.foundRef());
            case StateKeyFile.Reading.Unreadable(String why) ->
                    new Opening.Locked("its KEY is not accepted: " + why);
        };
    }

    /** The same state under the name that it was given. */
    public HeldState renamed(StateDirectory published) {
        HeldState same = new HeldState(published, keys, firmware, owner, node);
        same.manifest = manifest;
        return same;
    }

    public StateDirectory directory() {
        return directory;
    }

    /** For swtpm and the digests of this directory; closed with this object. */
    public DirectoryKeys keys() {
        return keys;
    }

    public FirmwareImage firmware() {
        return firmware;
    }

    public FileOwner owner() {
        return owner;
    }

    public VariableStore variables() {
        return new VariableStore(directory.variables(), firmware.variableSize(), owner);
    }

    public StartExamination examination() {
        return new StartExamination(directory, keys, firmware.variableSize(), owner);
    }

    /** The manifest that was read or sealed last. */
    public Optional<Manifest> manifest() {
        return Optional.ofNullable(manifest);
    }

    /**
     * Reads the manifest; empty when there is none that opens. The files are taken as seen then.
     */
    public Optional<Manifest> readManifest() throws IOException {
        if (ManifestFile.read(directory, keys)
                instanceof ManifestFile.Reading.Valid(Manifest found)) {
            forgetMigrationKey();
            manifest = found;
            return Optional.of(found);
        }
        return Optional.empty();
    }

    /** Seals a manifest, durably. */
    public void seal(Manifest next) throws IOException {
        ManifestFile.write(directory, next, keys);
        manifest = next;
    }

    /** What the vTPM's file and the variables hold now. */
    public record Content(Optional<Digest> keyed, Optional<Digest> plain, Digest variables) {
        /** The digest that the other side of a migration names too. */
        public Digest common() {
            return GuestStateDigest.of(plain, variables);
        }
    }

    /**
     * Reads both files.
     *
     * @param vtpm whether the machine has one
     * @throws IOException when one is missing, not authentic, or the medium fails
     */
    public Content content(boolean vtpm) throws IOException {
        Digest image = variableSnapshot().digest();
        if (!vtpm) {
            return new Content(Optional.empty(), Optional.empty(), image);
        }
        try (TpmPayload payload = payload()) {
            return new Content(
                    Optional.of(payload.keyedDigest(keys)), Optional.of(payload.sha256()), image);
        }
    }

    private TpmPayload payload() throws IOException {
        if (!(StableRead.read(directory.permanentState(), PermanentState.FILE_MAX)
                instanceof StableRead.Outcome.Stable(byte[] file))) {
            throw new IOException(directory.permanentState() + " cannot be read as a whole");
        }
        return switch (PermanentState.read(file, keys.swtpmKey())) {
            case PermanentState.Reading.Rejected(var why) ->
                    throw new IOException(directory.permanentState() + ": " + why.message());
            case PermanentState.Reading.Authentic(TpmPayload payload) -> payload;
        };
    }

    /**
     * The same state under another key, to be kept elsewhere.
     *
     * @param tpm content of a file {@code tpm2-00.permall}; empty without vTPM
     * @param variables content of VARS.fd
     * @param common the digest that original and copy have in common
     */
    public record Copy(Optional<byte[]> tpm, byte[] variables, Digest common) {}

    /**
     * Copies exactly the state that is named.
     *
     * @param tpm keyed digest of the vTPM payload; empty for a machine without vTPM
     * @param image SHA-256 of the variables
     * @param under what swtpm reads the copy with
     * @return empty when the files hold another state: it changed meanwhile
     * @throws IOException when a file is missing, not authentic, or the medium fails
     */
    public Optional<Copy> copy(
            Optional<Digest> tpm, Digest image, SwtpmKey under, SecureRandom random)
            throws IOException {
        VariableStore.Snapshot.Complete found = variableSnapshot();
        if (!found.digest().equals(image)) {
            return Optional.empty();
        }
        byte[] copied = found.image().toByteArray();
        if (tpm.isEmpty()) {
            return Optional.of(
                    new Copy(
                            Optional.empty(),
                            copied,
                            GuestStateDigest.of(Optional.empty(), image)));
        }
        try (TpmPayload payload = payload()) {
            return payload.keyedDigest(keys).equals(tpm.get())
                    ? Optional.of(
                            new Copy(
                                    Optional.of(payload.under(under, random)),
                                    copied,
                                    GuestStateDigest.of(Optional.of(payload.sha256()), image)))
                    : Optional.empty();
        }
    }

    private VariableStore.Snapshot.Complete variableSnapshot() throws IOException {
        return switch (variables().snapshot()) {
            case VariableStore.Snapshot.Complete complete -> complete;
            case VariableStore.Snapshot.Missing _ ->
                    throw new IOException(directory.variables() + " is missing");
            case VariableStore.Snapshot.WrongSize(long expected, long found) ->
                    throw new IOException(
                            "%s has %d bytes, not %d"
                                    .formatted(directory.variables(), found, expected));
            case VariableStore.Snapshot.Unreadable(String why) ->
                    throw new IOException(directory.variables() + ": " + why);
        };
    }

    /** Syncs what swtpm and QEMU wrote; neither does. */
    public void sync(boolean vtpm) throws IOException {
        if (vtpm) {
            DurableFile.sync(directory.permanentState());
            DurableFile.syncDirectory(directory.tpm());
        }
        variables().sync();
        DurableFile.syncDirectory(directory.path());
    }

    /**
     * Follows what a running guest changes: if a file is another one than at the last look, it is
     * synced and the manifest sealed again. The OPEN manifest then names the newest state that is
     * surely on the medium.
     */
    public void follow() throws IOException {
        Manifest last = manifest;
        if (last == null || last.status() != Manifest.Status.OPEN) {
            return;
        }
        boolean vtpm = last.tpm().isPresent();
        Optional<Map<String, Object>> now = look(vtpm);
        if (now.equals(lookedAt)) {
            return;
        }
        sync(vtpm);
        Content content = content(vtpm);
        if (!content.keyed().equals(last.payload())
                || !content.variables().equals(last.variables())) {
            seal(last.changed(content.keyed(), content.variables()));
        }
        lookedAt = now;
    }

    private Optional<Map<String, Object>> look(boolean vtpm) throws IOException {
        try {
            FileTime variables = Files.getLastModifiedTime(directory.variables());
            Object inode = vtpm ? Files.getAttribute(directory.permanentState(), "unix:ino") : 0;
            Object changed =
                    vtpm ? Files.getAttribute(directory.permanentState(), "unix:ctime") : 0;
            return Optional.of(Map.of("variables", variables, "inode", inode, "changed", changed));
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        }
    }

    /**
     * Seals CLOSED with exact digests. Both processes were reaped before.
     *
     * @return why it was left OPEN: the files are not what this guest can have left; empty when it
     *     is closed
     */
    public Optional<String> close(boolean vtpm) throws IOException {
        Manifest last = manifest;
        if (last == null) {
            return Optional.of("there is no manifest");
        }
        if (last.status() == Manifest.Status.CLOSED) {
            return Optional.empty();
        }
        if (vtpm && !(examination().tpm() instanceof TpmFound.Authentic)) {
            return Optional.of("the vTPM's state does not open");
        }
        Content content = content(vtpm);
        // A TPM's counters and clock only grow, so its payload never comes back; a variable may get
        // an old value again.
        boolean older =
                !content.keyed().equals(last.payload())
                        && content.keyed().flatMap(last::pastSeqOfPayload).isPresent();
        if (older) {
            return Optional.of("the vTPM's file holds a state that was left behind before");
        }
        sync(vtpm);
        seal(last.closed(content.keyed(), content.variables()));
        return Optional.empty();
    }

    private void forgetMigrationKey() {
        if (manifest != null) {
            manifest.tpm().ifPresent(tpm -> tpm.migrationKey().close());
        }
    }

    @Override
    public void close() {
        forgetMigrationKey();
        keys.close();
    }
}
