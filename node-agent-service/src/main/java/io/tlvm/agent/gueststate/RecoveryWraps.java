package io.tlvm.agent.gueststate;

import io.tlvm.agent.keys.KeyRing;
import io.tlvm.agent.keys.KeyWrap;
import io.tlvm.agent.keys.Recipient;
import io.tlvm.agent.keys.StateKey;
import io.tlvm.foundation.keyset.RecoveryKey;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Sees that a directory's state key is wrapped for the cluster's recovery key, also when the
 * directory is older than that key, or than the node's knowledge of it.
 */
public final class RecoveryWraps {
    /** Older recovery keys whose wraps are kept: with this node's own, fewer than KEY holds. */
    private static final int OLDER_MAX = 4;

    private RecoveryWraps() {}

    /**
     * The wraps for recovery keys that the directory has; empty when it was destroyed.
     *
     * @throws IOException when the medium fails
     */
    public static List<KeyWrap> of(StateDirectory directory) throws IOException {
        return StateKeyFile.read(directory) instanceof StateKeyFile.Reading.Wraps wraps
                ? recovery(wraps)
                : List.of();
    }

    /**
     * The wraps for recovery keys, after the one for the present key was added to the file KEY.
     * Empty when the directory is not this node's, was destroyed, or no recovery key is known.
     *
     * @throws IOException when the medium fails; call it again
     */
    public static List<KeyWrap> ensure(StateDirectory directory, KeyRing ring) throws IOException {
        if (!(StateKeyFile.read(directory) instanceof StateKeyFile.Reading.Wraps wraps)) {
            return List.of();
        }
        Optional<RecoveryKey> known = ring.recovery();
        Optional<KeyWrap> own = wraps.of(ring.node().recipient());
        if (own.isEmpty()) {
            return List.of();
        }
        List<KeyWrap> older = recovery(wraps);
        if (known.isEmpty() || wraps.of(Recipient.recovery(known.get().id())).isPresent()) {
            return older;
        }
        try (StateKey key = ring.node().unwrap(own.get(), directory.vm(), directory.ref())) {
            List<KeyWrap> recovery =
                    new ArrayList<>(
                            older.subList(Math.max(0, older.size() - OLDER_MAX), older.size()));
            recovery.add(KeyRing.wrap(key, known.get(), directory.vm(), directory.ref()));
            List<KeyWrap> all = new ArrayList<>();
            all.add(own.get());
            all.addAll(recovery);
            StateKeyFile.write(directory, all);
            return recovery;
        } catch (GeneralSecurityException notOurs) {
            // The start says so, with evidence; here there is only nothing to wrap.
            return List.of();
        }
    }

    private static List<KeyWrap> recovery(StateKeyFile.Reading.Wraps wraps) {
        return wraps.wraps().stream().filter(wrap -> wrap.recipient().isRecovery()).toList();
    }
}
