package io.tlvm.foundation.backup;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.foundation.backup.BackupRefusal.Malformed;
import io.tlvm.foundation.backup.BackupRefusal.NotABackup;
import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.node.storage.v1.BackupHeader;
import io.tlvm.node.storage.v1.BackupRecipient;

import java.util.regex.Pattern;

/** Accepts a header only as agents write it, whoever signed it. */
final class HeaderCheck {
    private static final Pattern UUID =
            Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final Pattern VM_NAME =
            Pattern.compile("projects/[a-z0-9-]{1,63}/virtualMachines/[a-z0-9-]{1,63}");
    private static final Pattern STATE_REF = Pattern.compile("g[0-9]{1,19}-[0-9a-f]{8}");
    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final Pattern DIGEST_OR_NONE = Pattern.compile("(sha256:[0-9a-f]{64})?");

    /** 9999-12-31, the last day of google.protobuf.Timestamp. */
    private static final long SECONDS_MAX = 253_402_300_799L;

    private static final int NANOS_MAX = 999_999_999;

    private HeaderCheck() {}

    static BackupHeader parse(ByteString encoded) throws BackupRefused {
        BackupHeader header;
        try {
            header = BackupHeader.parseFrom(encoded);
        } catch (InvalidProtocolBufferException broken) {
            throw new NotABackup("its header is truncated or changed").asException();
        }
        if (!header.toByteString().equals(encoded)) {
            throw new NotABackup("its header is not encoded as an agent does").asException();
        }
        require(UUID, "backup_id", header.getBackupId());
        require(UUID, "vm_uid", header.getVmUid());
        require(VM_NAME, "vm_name", header.getVmName());
        require(STATE_REF, "state_ref", header.getStateRef());
        require(DIGEST_OR_NONE, "ek_fingerprint", header.getEkFingerprint());
        require(DIGEST, "state_digest", header.getStateDigest());
        require(DIGEST, "payload_digest", header.getPayloadDigest());
        long seconds = header.getCreateTime().getSeconds();
        int nanos = header.getCreateTime().getNanos();
        if (seconds < 1 || seconds > SECONDS_MAX || nanos < 0 || nanos > NANOS_MAX) {
            throw new Malformed("create_time", "it is no time").asException();
        }
        int recipients = header.getRecipientsCount();
        if (recipients < 1 || recipients > BackupFormat.RECIPIENTS_MAX) {
            throw new Malformed("recipients", "there are " + recipients).asException();
        }
        for (BackupRecipient recipient : header.getRecipientsList()) {
            require(DIGEST, "recipients.key_id", recipient.getKeyId());
            if (recipient.getSealedKey().size() != KeyContexts.WRAP_LENGTH) {
                throw new Malformed("recipients.sealed_key", "it has another length").asException();
            }
        }
        return header;
    }

    private static void require(Pattern form, String field, String value) throws BackupRefused {
        if (!form.matcher(value).matches()) {
            throw new Malformed(field, "it has another form").asException();
        }
    }
}
