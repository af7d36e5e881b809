package io.tlvm.foundation.backup;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.backup.BackupRefusal.OtherRecipient;
import io.tlvm.foundation.backup.BackupRefusal.PayloadDiffers;
import io.tlvm.foundation.keyset.AesGcm;
import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.foundation.keyset.KeysetFile;
import io.tlvm.foundation.secret.KeyBytes;
import io.tlvm.node.storage.v1.BackupHeader;
import io.tlvm.node.storage.v1.BackupRecipient;

import java.security.GeneralSecurityException;
import java.util.Arrays;

/** A backup whose maker and integrity were verified: only {@link BackupReader} makes one. */
public final class Backup {
    private final BackupHeader header;
    private final ByteString encodedHeader;
    private final ByteString sealed;

    Backup(BackupHeader header, ByteString encodedHeader, ByteString sealed) {
        this.header = header;
        this.encodedHeader = encodedHeader;
        this.sealed = sealed;
    }

    /** What it is of. */
    public BackupHeader header() {
        return header;
    }

    /**
     * Decrypts it and compares it with its header.
     *
     * @param key one that it was made for
     * @return what it protects; the caller closes it
     * @throws BackupRefused when the key is another one, or what it holds is not what it says
     */
    public BackupPayload open(KeysetFile key) throws BackupRefused {
        String keyId = RecipientKey.of(key.publicKey()).id();
        BackupRecipient recipient =
                header.getRecipientsList().stream()
                        .filter(known -> known.getKeyId().equals(keyId))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new OtherRecipient(
                                                        keyId,
                                                        header.getRecipientsList().stream()
                                                                .map(BackupRecipient::getKeyId)
                                                                .toList())
                                                .asException());
        byte[] plaintext = decrypt(key, recipient);
        try {
            if (!RecipientKey.sha256(plaintext).equals(header.getPayloadDigest())) {
                throw new PayloadDiffers("its digest is another one").asException();
            }
            BackupPayload payload = BackupPayload.decode(plaintext);
            if (payload.tpm().isPresent() == header.getEkFingerprint().isEmpty()) {
                payload.close();
                throw new PayloadDiffers("header and content disagree about a vTPM").asException();
            }
            return payload;
        } finally {
            Arrays.fill(plaintext, (byte) 0);
        }
    }

    private byte[] decrypt(KeysetFile key, BackupRecipient recipient) throws BackupRefused {
        try (KeyBytes bundleKey =
                KeyBytes.take(
                        key.open(
                                recipient.getSealedKey().toByteArray(),
                                KeyContexts.backup(
                                        header.getVmUid(),
                                        header.getBackupId(),
                                        recipient.getKeyId())))) {
            return bundleKey.<byte[], GeneralSecurityException>open(
                    bytes -> AesGcm.open(bytes, sealed.toByteArray(), encodedHeader.toByteArray()));
        } catch (GeneralSecurityException closed) {
            throw new PayloadDiffers("it does not decrypt").asException();
        }
    }
}
