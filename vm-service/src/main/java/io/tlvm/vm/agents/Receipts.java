package io.tlvm.vm.agents;

import io.tlvm.foundation.audit.HandOvers;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.signature.SignatureRefusedException;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.type.v1.HandOverReceipt;
import io.tlvm.type.v1.HandOverStatement;
import io.tlvm.type.v1.HandOverStatement.Party;
import io.tlvm.type.v1.SignedStatement;
import io.tlvm.vm.audit.HandOverProof;
import io.tlvm.vm.migration.MigrationRecord;

import org.jboss.logging.Logger;

import java.time.Clock;
import java.util.Optional;

/**
 * Makes the receipt of a hand-over of what its parties signed. A signature that is missing or wrong
 * does not hold up the hand-over, which is complete by then; that it is not proven is recorded
 * instead.
 */
public final class Receipts {
    private static final Logger LOG = Logger.getLogger(Receipts.class);

    /** A statement is a few hundred bytes with a chain of a few kilobytes. */
    private static final int BYTES_MAX = 64 * 1024;

    private final CertificateSigner signer;
    private final HandOvers handOvers;
    private final Clock clock;

    /**
     * @param signer this service's
     */
    public Receipts(CertificateSigner signer, HandOvers handOvers, Clock clock) {
        this.signer = signer;
        this.handOvers = handOvers;
        this.clock = clock;
    }

    /**
     * What proves that the guest state changed its node. The source's copy is destroyed.
     *
     * @param migration as it is when the target runs the guest
     */
    HandOverProof prove(VmUid vm, MigrationRecord migration, Optional<SignedStatement> bySource) {
        HandOverStatement known =
                HandOverStatement.newBuilder()
                        .setParty(Party.PARTY_COORDINATOR)
                        .setVmUid(vm.value())
                        .setOpId(migration.op().value())
                        .setSourceNode(migration.source().value())
                        .setTargetNode(migration.target().value())
                        .setEpochBefore(migration.epochBefore().value())
                        .setEpochAfter(migration.epochAfter().value())
                        .setDigest(migration.digest())
                        .setSourceDestroyed(true)
                        .build();
        try {
            HandOverReceipt receipt =
                    HandOverReceipt.newBuilder()
                            .setSource(bounded("source", bySource))
                            .setTarget(bounded("target", migration.targetSigned()))
                            .setCoordinator(HandOvers.sign(signer, known, clock.instant()))
                            .build();
            HandOverStatement unused = handOvers.require(receipt);
            return new HandOverProof.Proven(migration.op(), receipt);
        } catch (SignatureRefusedException refused) {
            LOG.warnf("vm=%s op=%s no receipt: %s", vm, migration.op(), refused.why());
            return new HandOverProof.Unproven(migration.op(), refused.why());
        }
    }

    /** What a node signed, to be kept until the receipt is made; one that is too long is not. */
    static Optional<SignedStatement> kept(SignedStatement signed) {
        return Optional.of(signed).filter(one -> one.getSerializedSize() <= BYTES_MAX);
    }

    private static SignedStatement bounded(String party, Optional<SignedStatement> signed)
            throws SignatureRefusedException {
        SignedStatement statement =
                signed.orElseThrow(
                        () ->
                                new SignatureRefusedException(
                                        "the statement of the " + party + " is missing"));
        return kept(statement)
                .orElseThrow(
                        () ->
                                new SignatureRefusedException(
                                        "the statement of the %s has %d bytes"
                                                .formatted(party, statement.getSerializedSize())));
    }
}
