package io.tlvm.foundation.audit;

import com.google.protobuf.ByteString;

import io.tlvm.compute.v1.AuditExportItem;
import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.compute.v1.NodeChange;
import io.tlvm.compute.v1.RowChange;
import io.tlvm.compute.v1.RowState;
import io.tlvm.compute.v1.StoredAuditRecord;
import io.tlvm.foundation.audit.Checkpoints.Checkpoint;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.signature.SignatureCheck;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.foundation.tls.TestPki;
import io.tlvm.type.v1.HandOverReceipt;
import io.tlvm.type.v1.HandOverStatement;
import io.tlvm.type.v1.HandOverStatement.Party;
import io.tlvm.type.v1.SignedStatement;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A chain as a service writes it, with the identities that sign in it, for tests to damage. */
public final class WrittenChain implements AutoCloseable {
    static final TrustDomain DOMAIN = new TrustDomain("tlvm.test");
    static final String VM = "0d6f6a6e-3d5f-4c1a-9f3b-5a7c1f0c0001";
    static final String OP = "7e6f6a6e-3d5f-4c1a-9f3b-5a7c1f0c0002";

    private final Path directory;
    private final TestPki authority;
    private final TrustDomain domain;
    private final List<PkiDirectory> open = new ArrayList<>();
    private final PkiDirectory service;
    private final List<StoredAuditRecord> records = new ArrayList<>();
    private ByteString hash = ChainHash.GENESIS;

    public WrittenChain(Path directory) {
        this(directory, new TestPki("audit-ca"), DOMAIN);
    }

    /** Of a cluster that a test has already. */
    public WrittenChain(Path directory, TestPki authority, TrustDomain domain) {
        this.directory = directory;
        this.authority = authority;
        this.domain = domain;
        this.service = identity("vm-service", domain.service("vm-service").uri());
    }

    /** An identity of the same authority. */
    PkiDirectory identity(String name, String uri) {
        return opened(authority.issue(directory.resolve(name), uri));
    }

    /** An identity whose certificate is over. */
    CertificateSigner expired(String name, String uri) {
        // PkiDirectory opens what was valid then.
        Instant from = Instant.now().minus(Duration.ofHours(30));
        Instant to = Instant.now().minus(Duration.ofHours(6));
        Path files = authority.issue(directory.resolve(name), from, to, uri);
        var pki =
                PkiDirectory.open(
                        files,
                        java.time.Clock.fixed(from.plusSeconds(60), java.time.ZoneOffset.UTC));
        open.add(pki);
        return new CertificateSigner(pki.keyManager());
    }

    /** The same name of an authority that nobody trusts. */
    public CertificateSigner foreign(String uri) {
        return signer(opened(new TestPki("foreign").issue(directory.resolve("foreign"), uri)));
    }

    private PkiDirectory opened(Path files) {
        var pki = PkiDirectory.open(files);
        open.add(pki);
        return pki;
    }

    static CertificateSigner signer(PkiDirectory pki) {
        return new CertificateSigner(pki.keyManager());
    }

    CertificateSigner service() {
        return signer(service);
    }

    /** Where ca.crt is. */
    public Path authorities() {
        return directory.resolve("vm-service/ca.crt");
    }

    public AuditVerifier verifier() {
        return new AuditVerifier(signatures(), DOMAIN);
    }

    SignatureCheck signatures() {
        return new SignatureCheck(service.trustManager());
    }

    /** Eleven records: a VM that lives and moves, a node that is given up. */
    public WrittenChain lived() {
        RowState before = null;
        for (int version = 1; version <= 7; version++) {
            RowState after =
                    RowState.newBuilder()
                            .setRowVersion(version)
                            .setPhase(version < 5 ? "RUNNING" : "MIGRATING")
                            .setOwner("node-a")
                            .setEpoch(2)
                            .setStateRef("g1-7e6f6a6e")
                            .build();
            var change = RowChange.newBuilder().setEvent("Step" + version).setAfter(after);
            if (before != null) {
                change.setBefore(before);
            }
            append(record().setVmUid(VM).setOpId(OP).setRowChange(change));
            before = after;
        }
        append(record().setVmUid(VM).setOpId(OP).setHandOver(receipt(nodeA(), nodeB(), service())));
        append(node("", "UP"));
        append(node("UP", "FENCING"));
        append(node("FENCING", "FENCED"));
        return this;
    }

    CertificateSigner nodeA() {
        return signer(identity("node-a", domain.node("node-a").uri()));
    }

    CertificateSigner nodeB() {
        return signer(identity("node-b", domain.node("node-b").uri()));
    }

    static AuditRecord.Builder record() {
        return AuditRecord.newBuilder().setActor("spiffe://tlvm.test/user/admin");
    }

    static AuditRecord.Builder node(String before, String after) {
        return record().setNode("node-a")
                .setNodeChange(
                        NodeChange.newBuilder()
                                .setEvent("Decided")
                                .setBefore(before)
                                .setAfter(after));
    }

    static HandOverStatement.Builder known() {
        return HandOverStatement.newBuilder()
                .setVmUid(VM)
                .setOpId(OP)
                .setSourceNode("node-a")
                .setTargetNode("node-b")
                .setDigest("sha256:" + "cd".repeat(32));
    }

    static HandOverReceipt receipt(
            CertificateSigner source, CertificateSigner target, CertificateSigner coordinator) {
        Instant now = Instant.now();
        return HandOverReceipt.newBuilder()
                .setSource(
                        HandOvers.sign(
                                source,
                                known().setParty(Party.PARTY_SOURCE)
                                        .setEpochBefore(2)
                                        .setSourceDestroyed(true)
                                        .build(),
                                now))
                .setTarget(
                        HandOvers.sign(
                                target,
                                known().setParty(Party.PARTY_TARGET).setEpochAfter(3).build(),
                                now))
                .setCoordinator(
                        HandOvers.sign(
                                coordinator,
                                known().setParty(Party.PARTY_COORDINATOR)
                                        .setEpochBefore(2)
                                        .setEpochAfter(3)
                                        .setSourceDestroyed(true)
                                        .build(),
                                now))
                .build();
    }

    void append(AuditRecord.Builder content) {
        long sequence = records.size() + 1;
        ByteString bytes =
                content.setSequence(sequence)
                        .setTime(Times.proto(Instant.now()))
                        .setPreviousHash(hash)
                        .build()
                        .toByteString();
        hash = ChainHash.of(hash, bytes);
        records.add(
                StoredAuditRecord.newBuilder()
                        .setSequence(sequence)
                        .setRecord(bytes)
                        .setHash(hash)
                        .build());
    }

    public List<StoredAuditRecord> records() {
        return List.copyOf(records);
    }

    /** Signed by vm-service over the end of the chain as it is now. */
    public SignedStatement checkpoint() {
        return checkpoint(service());
    }

    /** The same words by anybody. */
    public SignedStatement checkpoint(CertificateSigner by) {
        return Checkpoints.sign(by, new Checkpoint(records.size(), hash, Instant.now()));
    }

    /** As it is exported. */
    public static AuditExportItem item(StoredAuditRecord stored) {
        return AuditExportItem.newBuilder().setRecord(stored).build();
    }

    /** As it is exported. */
    public static AuditExportItem item(SignedStatement checkpoint) {
        return AuditExportItem.newBuilder().setCheckpoint(checkpoint).build();
    }

    /** The whole chain with a checkpoint over its end, as it is exported. */
    public List<AuditExportItem> exported() {
        List<AuditExportItem> items = new ArrayList<>();
        records.forEach(stored -> items.add(item(stored)));
        items.add(item(checkpoint()));
        return items;
    }

    @Override
    public void close() {
        open.forEach(PkiDirectory::close);
    }
}
