package io.tlvm.foundation.audit;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.compute.v1.AuditCheckpoint;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.signature.SignatureCheck;
import io.tlvm.foundation.signature.SignatureRefusedException;
import io.tlvm.type.v1.SignedStatement;

import java.time.Instant;

/**
 * Signed words about how far the chain was. One that is kept outside the database finds a chain
 * that was cut off or written anew as a whole, which hashes alone cannot.
 */
public final class Checkpoints {
    private static final String SIGNER = "vm-service";

    private final SignatureCheck signatures;
    private final SpiffeId signer;

    /** Checkpoints of the vm-service of one trust domain. */
    public Checkpoints(SignatureCheck signatures, TrustDomain trustDomain) {
        this.signatures = signatures;
        this.signer = trustDomain.service(SIGNER);
    }

    /**
     * What a checkpoint says.
     *
     * @param sequence the last record that it covers, at least 1
     * @param hash of that record
     */
    public record Checkpoint(long sequence, ByteString hash, Instant time) {}

    /** Signs a checkpoint. */
    public static SignedStatement sign(CertificateSigner signer, Checkpoint checkpoint) {
        return signer.sign(
                AuditCheckpoint.newBuilder()
                        .setSequence(checkpoint.sequence())
                        .setHash(checkpoint.hash())
                        .setTime(Times.proto(checkpoint.time()))
                        .build()
                        .toByteString());
    }

    /**
     * Reads a checkpoint.
     *
     * @throws SignatureRefusedException unless vm-service signed it, with a certificate that was
     *     valid at the checkpoint's own time
     */
    public Checkpoint read(SignedStatement signed) throws SignatureRefusedException {
        try {
            AuditCheckpoint said = AuditCheckpoint.parseFrom(signed.getStatement());
            Instant time = Times.instant(said.getTime());
            signatures.require(signed, signer, time);
            return new Checkpoint(said.getSequence(), said.getHash(), time);
        } catch (InvalidProtocolBufferException damaged) {
            throw new SignatureRefusedException("it is no checkpoint: " + damaged.getMessage());
        }
    }
}
