package io.tlvm.agent.migration;

import com.google.protobuf.ByteString;

import io.tlvm.agent.firmware.VariableStore;
import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.gueststate.Manifest;
import io.tlvm.agent.migration.TransferLink.GuestStateChannel;
import io.tlvm.foundation.keyset.Hpke;
import io.tlvm.node.v1.SealedGuestState.Kind;
import io.tlvm.node.v1.VtpmIdentity;
import io.tlvm.ownership.id.Digest;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * Seals what a target needs beside the memory stream to its one-operation key, and sends it. For
 * one thread.
 */
final class PieceSender {
    private final VerifiedPlan plan;
    private final HeldState guestState;
    private final GuestStateChannel channel;
    private final Duration limit;
    private @Nullable Digest sentVariables;

    PieceSender(
            VerifiedPlan plan, HeldState guestState, GuestStateChannel channel, Duration limit) {
        this.plan = plan;
        this.guestState = guestState;
        this.channel = channel;
        this.limit = limit;
    }

    /** The UEFI variables, unless the target has these already. */
    void sendVariables()
            throws AttemptFailed, IOException, GeneralSecurityException, InterruptedException {
        if (!(guestState.variables().snapshot()
                instanceof VariableStore.Snapshot.Complete(ByteString image, Digest digest))) {
            throw new AttemptFailed("the UEFI variables cannot be read");
        }
        if (!digest.equals(sentVariables)) {
            seal(Kind.KIND_UEFI_VARIABLES, image.toByteArray());
            sentVariables = digest;
        }
    }

    /**
     * The key of the vTPM's blobs in QEMU's stream, and which TPM it is; nothing for a machine
     * without one.
     */
    void sendIdentity() throws IOException, GeneralSecurityException, InterruptedException {
        Optional<Manifest.Tpm> tpm = guestState.manifest().flatMap(Manifest::tpm);
        if (tpm.isEmpty()) {
            return;
        }
        byte[] identity =
                tpm.get()
                        .migrationKey()
                        .<byte[], RuntimeException>open(
                                key ->
                                        VtpmIdentity.newBuilder()
                                                .setMigrationKey(ByteString.copyFrom(key))
                                                .setEkFingerprint(tpm.get().ekFingerprint().value())
                                                .setSwtpmVersion(tpm.get().swtpmVersion())
                                                .build()
                                                .toByteArray());
        try {
            seal(Kind.KIND_MIGRATION_KEY, identity);
        } finally {
            Arrays.fill(identity, (byte) 0);
        }
    }

    private void seal(Kind kind, byte[] piece)
            throws IOException, GeneralSecurityException, InterruptedException {
        byte[] sealed =
                Hpke.seal(plan.hpkeKey().toByteArray(), piece, SealedPieces.context(plan, kind));
        channel.send(kind, sealed, limit);
    }
}
