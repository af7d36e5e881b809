package io.tlvm.vm.world;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;

import io.tlvm.foundation.backup.BackupPayload;
import io.tlvm.foundation.backup.BackupRefused;
import io.tlvm.foundation.backup.BackupWriter;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.foundation.secret.KeyBytes;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.node.storage.v1.BackupHeader;
import io.tlvm.node.v1.SealBackupRequest;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;

/** Backups as a node's agent makes them, of a state that a test recognises. */
public final class ScriptedBackups {
    public static final byte[] VARIABLES = "variables".getBytes(StandardCharsets.US_ASCII);

    private final String node;
    private final BackupWriter writer;
    private final SecureRandom random = new SecureRandom();
    private volatile boolean mistaken;

    ScriptedBackups(String node, PkiDirectory pki) {
        this.node = node;
        this.writer = new BackupWriter(new CertificateSigner(pki.keyManager()), random);
    }

    /** Whether the agent makes backups of a directory that nobody asked for. */
    public void mistakeTheDirectory(boolean does) {
        mistaken = does;
    }

    ByteString seal(SealBackupRequest request) {
        var tpm =
                new BackupPayload.TpmState(
                        KeyBytes.random(random), "vtpm".getBytes(StandardCharsets.US_ASCII));
        try (var payload = new BackupPayload(Optional.of(tpm), VARIABLES.clone())) {
            return ByteString.copyFrom(
                    writer.write(
                            facts(request),
                            payload,
                            request.getRecipientsList().stream().map(RecipientKey::new).toList()));
        } catch (BackupRefused refused) {
            throw new AssertionError(refused);
        }
    }

    private BackupHeader facts(SealBackupRequest request) {
        return BackupHeader.newBuilder()
                .setBackupId(request.getCommand().getOpId())
                .setVmUid(request.getCommand().getVmUid())
                .setVmName(request.getVmName())
                .setTrustDomain("tlvm.test")
                .setNode(node)
                .setEpoch(request.getCommand().getEpoch())
                .setRowVersion(request.getCommand().getRowVersion())
                .setStateRef(mistaken ? "g99-0a1b2c3d" : request.getStateRef())
                .setSeq(1)
                .setEkFingerprint(request.getEkFingerprint())
                .setStateDigest("sha256:" + "2".repeat(64))
                .setSpec(request.getSpec())
                .setCreateTime(Timestamp.newBuilder().setSeconds(Instant.now().getEpochSecond()))
                .build();
    }
}
