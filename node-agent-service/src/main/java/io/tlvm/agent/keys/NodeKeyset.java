package io.tlvm.agent.keys;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkProtoKeysetFormat;
import com.google.crypto.tink.hybrid.HybridConfig;

import io.tlvm.agent.file.DurableFile;
import io.tlvm.agent.file.FileOwner;
import io.tlvm.agent.file.StableRead;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.Arrays;

/**
 * The key pair of this node, made at its first start and kept in a file of mode 0600. State keys of
 * the directories on this node are wrapped for it, so that machines start while the control plane's
 * key vault is away. Losing the file loses nothing that the recovery wraps do not bring back.
 */
public final class NodeKeyset {
    private static final String MODE = "rw-------";
    private static final int FILE_MAX = 64 * 1024;

    private final NodeName node;
    private final KeysetHandle keyset;
    private final byte[] publicKey;

    private NodeKeyset(NodeName node, KeysetHandle keyset, byte[] publicKey) {
        this.node = node;
        this.keyset = keyset;
        this.publicKey = publicKey;
    }

    /**
     * Reads the keyset, or makes one where there is none.
     *
     * @param file where it is kept; its directory exists and belongs to the agent
     * @throws IOException when it cannot be read or written, is readable for others, or is no
     *     keyset of ours; it is never replaced then
     */
    public static NodeKeyset loadOrCreate(Path file, NodeName node) throws IOException {
        return switch (StableRead.read(file, FILE_MAX)) {
            case StableRead.Outcome.Missing _ -> create(file, node);
            case StableRead.Outcome.Stable(byte[] content) -> {
                requirePrivate(file);
                yield parse(file, node, content);
            }
            case StableRead.Outcome.NotRegular _ ->
                    throw refusal(file, "it is no regular file with one name");
            case StableRead.Outcome.TooLarge(long size, int max) ->
                    throw refusal(file, "it has %d bytes, more than %d".formatted(size, max));
            case StableRead.Outcome.Changing _ ->
                    throw refusal(file, "another process keeps writing it");
        };
    }

    private static NodeKeyset create(Path file, NodeName node) throws IOException {
        KeysetHandle keyset = Hpke.generate();
        byte[] content;
        try {
            content = TinkProtoKeysetFormat.serializeKeyset(keyset, InsecureSecretKeyAccess.get());
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException(
                    "a keyset that was just made cannot be written", broken);
        }
        try {
            DurableFile.replace(file, content, FileOwner.ofThisProcess());
            // What counts is what the next start will read.
            return readBack(file, node, content);
        } finally {
            Arrays.fill(content, (byte) 0);
        }
    }

    private static NodeKeyset readBack(Path file, NodeName node, byte[] written)
            throws IOException {
        if (StableRead.read(file, FILE_MAX) instanceof StableRead.Outcome.Stable(byte[] read)
                && Arrays.equals(read, written)) {
            return parse(file, node, read);
        }
        throw refusal(file, "it does not hold what was just written");
    }

    private static NodeKeyset parse(Path file, NodeName node, byte[] content) throws IOException {
        try {
            HybridConfig.register();
            KeysetHandle keyset =
                    TinkProtoKeysetFormat.parseKeyset(content, InsecureSecretKeyAccess.get());
            return new NodeKeyset(node, keyset, Hpke.publicKey(keyset));
        } catch (GeneralSecurityException notOurs) {
            throw new IOException(
                    refusal(file, "it is no keyset of this agent").getMessage(), notOurs);
        }
    }

    private static void requirePrivate(Path file) throws IOException {
        String mode =
                PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS));
        if (!mode.equals(MODE)) {
            throw refusal(file, "its mode is %s, not %s".formatted(mode, MODE));
        }
        if (!FileOwner.of(file).equals(FileOwner.ofThisProcess())) {
            throw refusal(file, "it belongs to " + FileOwner.of(file));
        }
    }

    private static IOException refusal(Path file, String why) {
        return new IOException(
                "the node's keyset %s is not used: %s. Restore it, or move it away to have a new one made; then recover the machines of this node."
                        .formatted(file, why));
    }

    /** This node, as a recipient of wraps. */
    public Recipient recipient() {
        return Recipient.node(node);
    }

    /** The public half, 32 bytes (X25519); the agent reports it when it joins. */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /**
     * Wraps a state key for this node.
     *
     * @throws IllegalStateException when the key was closed
     */
    public KeyWrap wrap(StateKey key, VmUid vm, StateRef ref) {
        try {
            return KeyWrap.wrap(key, recipient(), publicKey, vm, ref);
        } catch (GeneralSecurityException broken) {
            throw new IllegalStateException("this node's own public key is not usable", broken);
        }
    }

    /**
     * Opens a wrap that was made for this node.
     *
     * @throws GeneralSecurityException when it was made for another node, machine or directory, or
     *     was changed
     */
    public StateKey unwrap(KeyWrap wrap, VmUid vm, StateRef ref) throws GeneralSecurityException {
        return StateKey.of(
                Hpke.open(
                        keyset,
                        wrap.sealed().toByteArray(),
                        KeyWrap.context(vm, ref, recipient())));
    }

    /** Says whose it is. */
    @Override
    public String toString() {
        return "NodeKeyset[" + node + "]";
    }
}
