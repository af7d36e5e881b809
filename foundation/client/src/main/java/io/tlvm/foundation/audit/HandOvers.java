package io.tlvm.foundation.audit;

import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.signature.SignatureCheck;
import io.tlvm.foundation.signature.SignatureRefusedException;
import io.tlvm.type.v1.HandOverReceipt;
import io.tlvm.type.v1.HandOverStatement;
import io.tlvm.type.v1.HandOverStatement.Party;
import io.tlvm.type.v1.SignedStatement;

import java.time.Instant;
import java.util.Objects;

/**
 * Receipts of hand-overs: each party signs what it knows by itself, and a receipt is one where all
 * three agree and each is who it says.
 */
public final class HandOvers {
    private static final String COORDINATOR = "vm-service";

    private final SignatureCheck signatures;
    private final TrustDomain trustDomain;

    public HandOvers(SignatureCheck signatures, TrustDomain trustDomain) {
        this.signatures = signatures;
        this.trustDomain = trustDomain;
    }

    /** Signs what a party says, now. */
    public static SignedStatement sign(
            CertificateSigner signer, HandOverStatement statement, Instant now) {
        return signer.sign(statement.toBuilder().setTime(Times.proto(now)).build().toByteString());
    }

    /**
     * Checks what one node says against what is known of the hand-over.
     *
     * @param known what the coordinator would say
     * @throws SignatureRefusedException when it says something else, or is not signed by that node
     */
    public void require(SignedStatement signed, Party party, HandOverStatement known)
            throws SignatureRefusedException {
        HandOverStatement said = parse(signed);
        if (said.getParty() != party) {
            throw new SignatureRefusedException(
                    "it speaks as " + said.getParty() + ", not as " + party);
        }
        same("virtual machine", known.getVmUid(), said.getVmUid());
        same("operation", known.getOpId(), said.getOpId());
        same("source", known.getSourceNode(), said.getSourceNode());
        same("target", known.getTargetNode(), said.getTargetNode());
        same("digest", known.getDigest(), said.getDigest());
        if (party != Party.PARTY_TARGET) {
            same("epoch before", known.getEpochBefore(), said.getEpochBefore());
            same("destruction of the source", true, said.getSourceDestroyed());
        }
        if (party != Party.PARTY_SOURCE) {
            same("epoch after", known.getEpochAfter(), said.getEpochAfter());
        }
        signatures.require(signed, signer(party, known), Times.instant(said.getTime()));
    }

    /**
     * Checks a receipt as a whole.
     *
     * @return what vm-service said
     * @throws SignatureRefusedException when one of the three does not hold
     */
    public HandOverStatement require(HandOverReceipt receipt) throws SignatureRefusedException {
        HandOverStatement known = parse(receipt.getCoordinator());
        named("vm-service", receipt.getCoordinator(), Party.PARTY_COORDINATOR, known);
        named("the source", receipt.getSource(), Party.PARTY_SOURCE, known);
        named("the target", receipt.getTarget(), Party.PARTY_TARGET, known);
        return known;
    }

    private void named(String who, SignedStatement signed, Party party, HandOverStatement known)
            throws SignatureRefusedException {
        try {
            require(signed, party, known);
        } catch (SignatureRefusedException refused) {
            throw new SignatureRefusedException(
                    "the statement of " + who + " does not hold: " + refused.why());
        }
    }

    private SpiffeId signer(Party party, HandOverStatement known) throws SignatureRefusedException {
        try {
            return switch (party) {
                case PARTY_SOURCE -> trustDomain.node(known.getSourceNode());
                case PARTY_TARGET -> trustDomain.node(known.getTargetNode());
                case PARTY_COORDINATOR -> trustDomain.service(COORDINATOR);
                case PARTY_UNSPECIFIED, UNRECOGNIZED ->
                        throw new SignatureRefusedException("it does not say who speaks");
            };
        } catch (IllegalArgumentException noName) {
            throw new SignatureRefusedException("it names no node: " + noName.getMessage());
        }
    }

    private static HandOverStatement parse(SignedStatement signed)
            throws SignatureRefusedException {
        if (signed.getStatement().isEmpty()) {
            throw new SignatureRefusedException("it is missing");
        }
        try {
            return HandOverStatement.parseFrom(signed.getStatement());
        } catch (InvalidProtocolBufferException damaged) {
            throw new SignatureRefusedException(
                    "it is no statement about a hand-over: " + damaged.getMessage());
        }
    }

    private static void same(String what, Object known, Object said)
            throws SignatureRefusedException {
        if (!Objects.equals(known, said)) {
            throw new SignatureRefusedException(
                    "its %s is %s, not %s".formatted(what, said, known));
        }
    }
}
