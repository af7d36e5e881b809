package io.tlvm.agent.keys;

import io.tlvm.foundation.keyset.ContextInfo;
import io.tlvm.foundation.keyset.KeysetFile;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;

/**
 * The key pair of this node, made at its first start and kept in a file of mode 0600. State keys of
 * the directories on this node are wrapped for it, so that machines start while the control plane's
 * key vault is away. Losing the file loses nothing that the recovery wraps do not bring back.
 */
public final class NodeKeyset {
    private final NodeName node;
    private final KeysetFile keys;

    private NodeKeyset(NodeName node, KeysetFile keys) {
        this.node = node;
        this.keys = keys;
    }

    /**
     * Reads the keyset, or makes one where there is none.
     *
     * @param file where it is kept; its directory exists and belongs to the agent
     * @throws IOException when it cannot be read or written, is readable for others, or is no
     *     keyset of ours; it is never replaced then
     */
    public static NodeKeyset loadOrCreate(Path file, NodeName node) throws IOException {
        try {
            Optional<KeysetFile> kept = KeysetFile.load(file);
            return new NodeKeyset(node, kept.isPresent() ? kept.get() : KeysetFile.create(file));
        } catch (IOException unusable) {
            throw new IOException(
                    "the node's keyset %s is not used: %s. Restore it, or move it away to have a new one made; then recover the machines of this node."
                            .formatted(file, unusable.getMessage()),
                    unusable);
        }
    }

    /** This node, as a recipient of wraps. */
    public Recipient recipient() {
        return Recipient.node(node);
    }

    /** The public half, 32 bytes (X25519); the agent reports it when it joins. */
    public byte[] publicKey() {
        return keys.publicKey();
    }

    /**
     * Wraps a state key for this node.
     *
     * @throws IllegalStateException when the key was closed
     */
    public KeyWrap wrap(StateKey key, VmUid vm, StateRef ref) {
        try {
            return KeyWrap.wrap(key, recipient(), keys.publicKey(), vm, ref);
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
        return open(wrap.sealed().toByteArray(), KeyWrap.context(vm, ref, recipient()));
    }

    /**
     * Opens a state key that was sealed to this node for a stated purpose.
     *
     * @throws GeneralSecurityException when it was changed, sealed to another node, or for another
     *     purpose
     */
    public StateKey open(byte[] sealed, ContextInfo purpose) throws GeneralSecurityException {
        return StateKey.of(keys.open(sealed, purpose));
    }

    /** Says whose it is. */
    @Override
    public String toString() {
        return "NodeKeyset[" + node + "]";
    }
}
