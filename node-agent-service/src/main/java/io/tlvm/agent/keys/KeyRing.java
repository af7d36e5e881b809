package io.tlvm.agent.keys;

import io.tlvm.foundation.keyset.RecoveryKey;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import org.jspecify.annotations.Nullable;

import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * For whom this node wraps the state keys that it makes: for itself, so that machines start without
 * the control plane's key vault, and for the cluster's recovery key, so that another node can take
 * over. The latter is known once the node joined.
 */
public final class KeyRing {
    private final NodeKeyset node;
    private volatile @Nullable RecoveryKey recovery;

    /** A ring that knows no recovery key yet. */
    public KeyRing(NodeKeyset node) {
        this.node = node;
    }

    /** This node's own key pair. */
    public NodeKeyset node() {
        return node;
    }

    /** The recovery key that the control plane told last; empty before the first Join. */
    public Optional<RecoveryKey> recovery() {
        return Optional.ofNullable(recovery);
    }

    /** Wraps for this recovery key from now on. */
    public void learn(RecoveryKey told) {
        recovery = told;
    }

    /**
     * Wraps a new directory's state key for everybody who is to open it.
     *
     * @throws IllegalStateException when the key was closed
     */
    public List<KeyWrap> wrap(StateKey key, VmUid vm, StateRef ref) {
        List<KeyWrap> wraps = new ArrayList<>();
        wraps.add(node.wrap(key, vm, ref));
        RecoveryKey known = recovery;
        if (known != null) {
            wraps.add(wrap(key, known, vm, ref));
        }
        return wraps;
    }

    /**
     * Wraps a state key for a recovery key.
     *
     * @throws IllegalStateException when the key was closed, or the recovery key is no point of the
     *     curve: the control plane's word is wrong then, and nothing is made that could not be
     *     recovered
     */
    public static KeyWrap wrap(StateKey key, RecoveryKey recovery, VmUid vm, StateRef ref) {
        try {
            return KeyWrap.wrap(
                    key,
                    Recipient.recovery(recovery.id()),
                    recovery.publicKey().toByteArray(),
                    vm,
                    ref);
        } catch (GeneralSecurityException unusable) {
            throw new IllegalStateException(
                    "the cluster's recovery key " + recovery.id() + " is not usable", unusable);
        }
    }
}
