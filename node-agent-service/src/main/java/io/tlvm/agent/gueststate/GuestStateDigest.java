package io.tlvm.agent.gueststate;

import io.tlvm.agent.file.ContentDigest;
import io.tlvm.foundation.keyset.ContextInfo;
import io.tlvm.ownership.id.Digest;

import java.util.Optional;

/**
 * The digest by which source and target know that they hold the same guest state. Over the
 * decrypted vTPM payload, not its file: the file differs from directory to directory (other key,
 * other initialisation vector).
 */
public final class GuestStateDigest {
    private static final String LABEL = "tlvm/guest-state-digest/1";

    private GuestStateDigest() {}

    /**
     * The common digest.
     *
     * @param payload SHA-256 of the decrypted vTPM payload; empty for a machine without vTPM
     * @param variables SHA-256 of the UEFI variables
     */
    public static Digest of(Optional<Digest> payload, Digest variables) {
        return ContentDigest.of(
                ContextInfo.of(LABEL, payload.map(Digest::value).orElse(""), variables.value())
                        .bytes());
    }
}
