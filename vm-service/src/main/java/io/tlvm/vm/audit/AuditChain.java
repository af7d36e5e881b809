package io.tlvm.vm.audit;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.audit.Checkpoints.Checkpoint;
import io.tlvm.type.v1.SignedStatement;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Where the chain lives. Every method is one transaction; times are the database's. What is chained
 * was noted in the transaction that changed it, see {@code postgres}.
 */
public interface AuditChain {

    /**
     * Chains notes that are committed, oldest first. Any number of replicas may do it at once.
     *
     * @return how many, at most {@code max}
     */
    int chain(int max);

    /** The last record; sequence 0 before the first. */
    Head head();

    /**
     * How the chain stands.
     *
     * @param checkpointed the last record that a checkpoint covers; 0 without any
     * @param checkpointAge how old that checkpoint is; of no meaning without any
     * @param now by the database's clock
     */
    record Head(
            long sequence,
            ByteString hash,
            long checkpointed,
            Duration checkpointAge,
            Instant now) {
        /** The checkpoint over the whole chain. */
        Checkpoint checkpoint() {
            return new Checkpoint(sequence, hash, now);
        }
    }

    /** Keeps a checkpoint; another one over the same record stays. */
    void keep(long sequence, SignedStatement checkpoint);

    /** The newest checkpoint. */
    Optional<SignedStatement> newestCheckpoint();

    /** Records in the order of the chain. */
    List<Stored> list(Wanted wanted);

    /**
     * Which records.
     *
     * @param after only those behind this one
     * @param vm only those of the VM with this uid or of those that have or had this name
     * @param from only those at this time or later
     * @param to only those before this time
     */
    record Wanted(
            long after,
            int limit,
            Optional<String> vm,
            Optional<Instant> from,
            Optional<Instant> to) {}

    /** A record as it is stored. */
    record Stored(long sequence, ByteString content, ByteString hash) {}

    /**
     * A piece of the chain: at most {@code limit} records behind {@code after}, with the
     * checkpoints that cover them or, at the end of the chain, anything behind them.
     */
    Piece export(long after, int limit);

    /** Records, and checkpoints by the record that each covers, both in order. */
    record Piece(List<Stored> records, List<Kept> checkpoints) {}

    /** A checkpoint as it is stored. */
    record Kept(long sequence, SignedStatement signed) {}
}
