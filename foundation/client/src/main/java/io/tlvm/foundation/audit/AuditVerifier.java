package io.tlvm.foundation.audit;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.compute.v1.AuditExportItem;
import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.compute.v1.StoredAuditRecord;
import io.tlvm.foundation.audit.Checkpoints.Checkpoint;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.SignatureCheck;
import io.tlvm.foundation.signature.SignatureRefusedException;
import io.tlvm.type.v1.SignedStatement;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads a chain from its first record to its last and stops at the first thing that is not as it
 * was written: a record that is deleted, edited, inserted, moved or cut off, a checkpoint or a
 * receipt that is not by who should have signed it, a change that nobody recorded.
 *
 * <p>Believes nothing but the authorities that it is given: whoever serves the chain may be the one
 * who changed it. What nobody outside remembers it cannot find: a chain of which the end, with the
 * checkpoints over it, was cut off is whole. {@link #expect} tells it what was kept outside.
 *
 * <p>For one reading of one chain, by one thread.
 */
public final class AuditVerifier {
    private final Checkpoints checkpoints;
    private final Continuity continuity;
    private final TreeMap<Long, Remembered> expected = new TreeMap<>();
    private long last;
    private ByteString hash = ChainHash.GENESIS;
    private long checked;
    private long covered;
    private @Nullable Instant coveredUntil;

    /** Of the cluster of one trust domain. */
    public AuditVerifier(SignatureCheck signatures, TrustDomain trustDomain) {
        this.checkpoints = new Checkpoints(signatures, trustDomain);
        this.continuity = new Continuity(new HandOvers(signatures, trustDomain));
    }

    /** What the chain must be at one record, and who says so. */
    private record Remembered(ByteString hash, String says) {}

    /**
     * What was found in a chain that is whole.
     *
     * @param records how many
     * @param hash of the last one
     * @param checkpoints how many signatures of vm-service over it hold
     * @param covered the last record that one of them covers; 0 without any
     * @param coveredUntil when that one was signed
     * @param handOvers receipts that hold
     * @param unproven hand-overs that are recorded without a receipt
     */
    public record Whole(
            long records,
            ByteString hash,
            long checkpoints,
            long covered,
            Optional<Instant> coveredUntil,
            long handOvers,
            long unproven) {}

    /**
     * Expects what a checkpoint says that was kept outside. Before the first record.
     *
     * @throws SignatureRefusedException when vm-service did not sign it: then it proves nothing
     */
    public void expect(SignedStatement kept) throws SignatureRefusedException {
        Checkpoint said = checkpoints.read(kept);
        expect(
                said.sequence(),
                said.hash(),
                "the checkpoint of %s that was kept".formatted(said.time()));
    }

    /**
     * Expects that the chain reaches a record.
     *
     * @param says who says so
     */
    public void expect(long sequence, ByteString atHash, String says) {
        if (sequence > 0) {
            // What was said first is kept: two that differ cannot both hold.
            expected.putIfAbsent(sequence, new Remembered(atHash, says));
        }
    }

    /**
     * Reads the next item.
     *
     * @throws ChainBrokenException at the first that is not as it was
     */
    public void take(AuditExportItem item) throws ChainBrokenException {
        switch (item.getItemCase()) {
            case RECORD -> take(item.getRecord());
            case CHECKPOINT -> take(item.getCheckpoint());
            case ITEM_NOT_SET ->
                    throw new ChainBrokenException(
                            last + 1, "a record or a checkpoint", "something else");
        }
    }

    private void take(StoredAuditRecord stored) throws ChainBrokenException {
        long sequence = last + 1;
        if (stored.getSequence() != sequence) {
            throw new ChainBrokenException(
                    sequence, "that record", "record " + stored.getSequence());
        }
        AuditRecord content = parsed(stored);
        if (!content.getPreviousHash().equals(hash)) {
            throw new ChainBrokenException(
                    sequence,
                    "that it follows the hash " + hex(hash),
                    "that it follows " + hex(content.getPreviousHash()));
        }
        if (content.getSequence() != sequence) {
            throw new ChainBrokenException(
                    sequence, "that it says so itself", "that it says " + content.getSequence());
        }
        ByteString own = ChainHash.of(hash, stored.getRecord());
        if (!own.equals(stored.getHash())) {
            throw new ChainBrokenException(
                    sequence,
                    "the hash %s that is stored with it".formatted(hex(stored.getHash())),
                    hex(own));
        }
        Remembered remembered = expected.remove(sequence);
        if (remembered != null && !remembered.hash().equals(own)) {
            throw new ChainBrokenException(
                    sequence,
                    "the hash %s, as %s says".formatted(hex(remembered.hash()), remembered.says()),
                    hex(own));
        }
        continuity.follow(content);
        last = sequence;
        hash = own;
    }

    private AuditRecord parsed(StoredAuditRecord stored) throws ChainBrokenException {
        try {
            return AuditRecord.parseFrom(stored.getRecord());
        } catch (InvalidProtocolBufferException damaged) {
            throw new ChainBrokenException(
                    stored.getSequence(),
                    "a record",
                    "bytes that are none: " + damaged.getMessage());
        }
    }

    private void take(SignedStatement signed) throws ChainBrokenException {
        Checkpoint said;
        try {
            said = checkpoints.read(signed);
        } catch (SignatureRefusedException refused) {
            throw new ChainBrokenException(
                    last,
                    "a checkpoint over it that vm-service signed",
                    "one that proves nothing: " + refused.why());
        }
        if (said.sequence() > last) {
            throw new ChainBrokenException(
                    last + 1,
                    "records up to %d, as the checkpoint of %s says"
                            .formatted(said.sequence(), said.time()),
                    "the end of the chain");
        }
        if (said.sequence() != last || !said.hash().equals(hash)) {
            throw new ChainBrokenException(
                    last,
                    "record %d with the hash %s, as the checkpoint of %s says"
                            .formatted(said.sequence(), hex(said.hash()), said.time()),
                    "hash " + hex(hash));
        }
        checked++;
        covered = last;
        coveredUntil = said.time();
    }

    /**
     * Ends the reading.
     *
     * @throws ChainBrokenException when the chain ends before what was expected
     */
    public Whole end() throws ChainBrokenException {
        var missing = expected.lastEntry();
        if (missing != null) {
            throw new ChainBrokenException(
                    last + 1,
                    "records up to %d, as %s says"
                            .formatted(missing.getKey(), missing.getValue().says()),
                    "the end of the chain");
        }
        return new Whole(
                last,
                hash,
                checked,
                covered,
                Optional.ofNullable(coveredUntil),
                continuity.handOvers(),
                continuity.unproven());
    }

    private static String hex(ByteString hash) {
        return HexFormat.of().formatHex(hash.toByteArray());
    }
}
