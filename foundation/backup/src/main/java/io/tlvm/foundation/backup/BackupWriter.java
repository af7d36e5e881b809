package io.tlvm.foundation.backup;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.backup.BackupRefusal.Malformed;
import io.tlvm.foundation.backup.BackupRefusal.TooLarge;
import io.tlvm.foundation.backup.BackupRefusal.UnusableRecipient;
import io.tlvm.foundation.keyset.AesGcm;
import io.tlvm.foundation.keyset.Hpke;
import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.foundation.secret.KeyBytes;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.node.storage.v1.BackupBundle;
import io.tlvm.node.storage.v1.BackupHeader;
import io.tlvm.node.storage.v1.BackupRecipient;
import io.tlvm.type.v1.SignedStatement;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;

/** Makes backups: one key for each, sealed to everyone who is to open it, and signed. */
public final class BackupWriter {
    private final CertificateSigner signer;
    private final SecureRandom random;

    /**
     * @param signer with the certificate of this node's agent
     */
    public BackupWriter(CertificateSigner signer, SecureRandom random) {
        this.signer = signer;
        this.random = random;
    }

    /**
     * Makes a backup.
     *
     * @param facts the header, complete but for payload digest and recipients
     * @param payload closed by the caller
     * @param recipients who can open it, 1 to 8
     * @return the content of the file
     * @throws BackupRefused when a recipient's key is not usable, or the state is larger than a
     *     backup can be
     */
    public byte[] write(BackupHeader facts, BackupPayload payload, List<RecipientKey> recipients)
            throws BackupRefused {
        List<RecipientKey> distinct = recipients.stream().distinct().toList();
        if (distinct.isEmpty() || distinct.size() > BackupFormat.RECIPIENTS_MAX) {
            throw new Malformed("recipients", "there are " + distinct.size()).asException();
        }
        byte[] plaintext = payload.encode();
        try (KeyBytes key = KeyBytes.random(random)) {
            BackupHeader.Builder header =
                    facts.toBuilder()
                            .clearRecipients()
                            .setPayloadDigest(RecipientKey.sha256(plaintext));
            for (RecipientKey recipient : distinct) {
                header.addRecipients(sealed(facts, key, recipient));
            }
            return signed(
                    header.build().toByteString(),
                    (bytes, associated) -> AesGcm.seal(bytes, plaintext, associated),
                    key);
        } finally {
            Arrays.fill(plaintext, (byte) 0);
        }
    }

    private interface Sealing {
        byte[] seal(byte[] key, byte[] associated);
    }

    private byte[] signed(ByteString header, Sealing payload, KeyBytes key) throws BackupRefused {
        ByteString sealed =
                ByteString.copyFrom(
                        key.<byte[], RuntimeException>open(
                                bytes -> payload.seal(bytes, header.toByteArray())));
        SignedStatement signed = signer.sign(BackupFormat.signed(header, sealed));
        byte[] file =
                BackupFormat.MAGIC
                        .concat(
                                BackupBundle.newBuilder()
                                        .setFormat(BackupFormat.VERSION)
                                        .setHeader(header)
                                        .setSealed(sealed)
                                        .setSignature(signed.getSignature())
                                        .addAllCertificateChain(signed.getCertificateChainList())
                                        .build()
                                        .toByteString())
                        .toByteArray();
        if (file.length > BackupFormat.FILE_MAX) {
            throw new TooLarge(file.length, BackupFormat.FILE_MAX).asException();
        }
        return file;
    }

    private static BackupRecipient sealed(BackupHeader facts, KeyBytes key, RecipientKey recipient)
            throws BackupRefused {
        try {
            byte[] sealed =
                    key.<byte[], GeneralSecurityException>open(
                            bytes ->
                                    Hpke.seal(
                                            recipient.publicKey().toByteArray(),
                                            bytes,
                                            KeyContexts.backup(
                                                    facts.getVmUid(),
                                                    facts.getBackupId(),
                                                    recipient.id())));
            return BackupRecipient.newBuilder()
                    .setKeyId(recipient.id())
                    .setSealedKey(ByteString.copyFrom(sealed))
                    .build();
        } catch (GeneralSecurityException unusable) {
            throw new UnusableRecipient(recipient.id(), String.valueOf(unusable.getMessage()))
                    .asException();
        }
    }
}
