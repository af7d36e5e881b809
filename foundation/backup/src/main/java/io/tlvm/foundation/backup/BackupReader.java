package io.tlvm.foundation.backup;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.foundation.backup.BackupRefusal.ForeignSigner;
import io.tlvm.foundation.backup.BackupRefusal.NotABackup;
import io.tlvm.foundation.backup.BackupRefusal.NotGenuine;
import io.tlvm.foundation.backup.BackupRefusal.TooLarge;
import io.tlvm.foundation.backup.BackupRefusal.UnknownFormat;
import io.tlvm.foundation.identity.IdentityRefusedException;
import io.tlvm.foundation.identity.PeerIdentity;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.signature.CertificateSignature;
import io.tlvm.node.storage.v1.BackupBundle;
import io.tlvm.node.storage.v1.BackupHeader;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads backups of one cluster. What comes out was signed by the agent that its header names, with
 * a certificate that the cluster's authority had issued and that was valid when the backup was
 * made.
 *
 * <p>That it is valid no more is not held against it: certificates live for weeks, backups for
 * years. Who has an old key of a node can therefore make a backup that claims to be of that time.
 */
public final class BackupReader {
    private final Set<X509Certificate> authorities;

    /**
     * @param authorities of the cluster that made the backups
     */
    public BackupReader(Collection<X509Certificate> authorities) {
        this.authorities = Set.copyOf(authorities);
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
        var signature =
                new CertificateSignature(bundle.getSignature(), bundle.getCertificateChainList());
        List<X509Certificate> chain;
        try {
            chain = signature.certificates();
        } catch (CertificateException unreadable) {
            throw new NotGenuine("its certificate cannot be read: " + unreadable.getMessage())
                    .asException();
        }
        X509Certificate leaf = chain.getFirst();
        try {
            if (!signature.covers(
                    BackupFormat.signed(bundle.getHeader(), bundle.getSealed()), leaf)) {
                throw new NotGenuine("its signature is not over these bytes").asException();
            }
        } catch (GeneralSecurityException unusable) {
            throw new NotGenuine("its signature is none").asException();
        }
        Instant made =
                Instant.ofEpochSecond(
                        header.getCreateTime().getSeconds(), header.getCreateTime().getNanos());
        requireTrusted(chain, made);
        requireMaker(leaf, header, made);
    }

    private void requireTrusted(List<X509Certificate> chain, Instant at) throws BackupRefused {
        List<X509Certificate> path =
                chain.stream().filter(certificate -> !authorities.contains(certificate)).toList();
        if (authorities.isEmpty() || path.isEmpty()) {
            throw new ForeignSigner("no authority vouches for its certificate").asException();
        }
        try {
            PKIXParameters parameters =
                    new PKIXParameters(
                            authorities.stream()
                                    .map(authority -> new TrustAnchor(authority, null))
                                    .collect(Collectors.toSet()));
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(at));
            CertPathValidator.getInstance("PKIX")
                    .validate(
                            CertificateFactory.getInstance("X.509").generateCertPath(path),
                            parameters);
        } catch (GeneralSecurityException notTrusted) {
            throw new ForeignSigner(
                            "its certificate does not lead to the authority: "
                                    + notTrusted.getMessage())
                    .asException();
        }
    }

    private static void requireMaker(X509Certificate leaf, BackupHeader header, Instant at)
            throws BackupRefused {
        try {
            SpiffeId maker = PeerIdentity.of(leaf, at).id();
            if (!(maker instanceof SpiffeId.Node(var domain, String node))
                    || !domain.name().equals(header.getTrustDomain())
                    || !node.equals(header.getNode())) {
                throw new ForeignSigner(
                                "it names node %s of %s and is signed by %s"
                                        .formatted(
                                                header.getNode(),
                                                header.getTrustDomain(),
                                                maker.uri()))
                        .asException();
            }
        } catch (IdentityRefusedException noIdentity) {
            throw new ForeignSigner(String.valueOf(noIdentity.getMessage())).asException();
        }
    }
}
