package io.tlvm.foundation.backup;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.foundation.backup.BackupRefusal.ForeignSigner;
import io.tlvm.foundation.backup.BackupRefusal.NotABackup;
import io.tlvm.foundation.backup.BackupRefusal.NotGenuine;
import io.tlvm.foundation.backup.BackupRefusal.TooLarge;
import io.tlvm.foundation.backup.BackupRefusal.UnknownFormat;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.SignatureCheck;
import io.tlvm.foundation.signature.SignatureRefusedException;
import io.tlvm.node.storage.v1.BackupBundle;
import io.tlvm.node.storage.v1.BackupHeader;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;

/**
 * Reads backups of one cluster. What comes out was signed by the agent that its header names, with
 * a certificate that the cluster's authority had issued and that was valid when the backup was
 * made.
 *
 * <p>That it is valid no more is not held against it: certificates live for weeks, backups for
 * years. Who has an old key of a node can therefore make a backup that claims to be of that time.
 */
public final class BackupReader {
    private final SignatureCheck signatures;

    /**
     * @param authorities of the cluster that made the backups
     */
    public BackupReader(Collection<X509Certificate> authorities) {
        this.signatures = new SignatureCheck(authorities);
    }

    /** The most bytes that a backup has. */
    public static int maxLength() {
        return BackupFormat.FILE_MAX;
    }

    /**
     * Reads and verifies a backup; what it protects stays closed.
     *
     * @param file its content
     * @throws BackupRefused with the reason
     */
    public Backup read(byte[] file) throws BackupRefused {
        BackupBundle bundle = bundle(file);
        BackupHeader header = HeaderCheck.parse(bundle.getHeader());
        requireSignature(bundle, header);
        return new Backup(header, bundle.getHeader(), bundle.getSealed());
    }

    private static BackupBundle bundle(byte[] file) throws BackupRefused {
        if (file.length > BackupFormat.FILE_MAX) {
            throw new TooLarge(file.length, BackupFormat.FILE_MAX).asException();
        }
        ByteString content = ByteString.copyFrom(file);
        if (!content.startsWith(BackupFormat.MAGIC)) {
            throw new NotABackup("its first line is another one").asException();
        }
        ByteString encoded = content.substring(BackupFormat.MAGIC.size());
        BackupBundle bundle;
        try {
            bundle = BackupBundle.parseFrom(encoded);
        } catch (InvalidProtocolBufferException broken) {
            throw new NotABackup("it is truncated or changed").asException();
        }
        if (bundle.getFormat() != BackupFormat.VERSION) {
            throw new UnknownFormat(bundle.getFormat(), BackupFormat.VERSION).asException();
        }
        if (!bundle.toByteString().equals(encoded)) {
            throw new NotABackup("it is not encoded as an agent does").asException();
        }
        if (bundle.getCertificateChainCount() > BackupFormat.CERTIFICATES_MAX) {
            throw new NotABackup("it has too many certificates").asException();
        }
        return bundle;
    }

    private void requireSignature(BackupBundle bundle, BackupHeader header) throws BackupRefused {
        SpiffeId maker;
        try {
            maker = new TrustDomain(header.getTrustDomain()).node(header.getNode());
        } catch (IllegalArgumentException noName) {
            throw new ForeignSigner("it names no node: " + noName.getMessage()).asException();
        }
        Instant made =
                Instant.ofEpochSecond(
                        header.getCreateTime().getSeconds(), header.getCreateTime().getNanos());
        try {
            signatures.require(
                    BackupFormat.signed(bundle.getHeader(), bundle.getSealed()),
                    bundle.getSignature(),
                    bundle.getCertificateChainList(),
                    maker,
                    made);
        } catch (SignatureRefusedException refused) {
            BackupRefusal refusal =
                    refused.changed()
                            ? new NotGenuine(refused.why())
                            : new ForeignSigner(refused.why());
            throw refusal.asException();
        }
    }
}
