package io.tlvm.vm.audit;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.audit.ChainHash;
import io.tlvm.foundation.audit.Checkpoints;
import io.tlvm.foundation.audit.Checkpoints.Checkpoint;
import io.tlvm.foundation.signature.CertificateSigner;

import org.jboss.logging.Logger;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Chains what transactions noted, and signs checkpoints. Every replica has one; they take turns at
 * the head of the chain, and a record or checkpoint is written once.
 */
public final class AuditWriter implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(AuditWriter.class);
    private static final Duration PERIOD = Duration.ofMillis(250);
    private static final int BATCH = 500;
    private static final Duration LAST_WORDS_MAX = Duration.ofSeconds(5);

    private final AuditChain chain;
    private final CertificateSigner signer;
    private final CheckpointRule rule;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private boolean failing;
    private boolean refuses;

    /** What this process signed last. */
    private Optional<Checkpoint> signed = Optional.empty();

    /**
     * When a checkpoint is due.
     *
     * @param records so many are not covered; at least 1
     * @param age the newest one is so old, and something is not covered
     */
    public record CheckpointRule(long records, Duration age) {
        public CheckpointRule {
            if (records < 1) {
                throw new IllegalArgumentException(
                        "a checkpoint after " + records + " records; at least 1 is needed");
            }
        }

        boolean isDue(AuditChain.Head head) {
            long open = head.sequence() - head.checkpointed();
            return open >= records
                    || open > 0
                            && (head.checkpointed() == 0
                                    || head.checkpointAge().compareTo(age) >= 0);
        }
    }

    public AuditWriter(AuditChain chain, CertificateSigner signer, CheckpointRule rule) {
        this.chain = chain;
        this.signer = signer;
        this.rule = rule;
    }

    /** Begins. Once. */
    public void start() {
        Thread.ofVirtual().name("audit-writer").start(this::work);
    }

    private void work() {
        try {
            while (!stopped.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
                turn(false);
            }
            turn(true);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
    }

    private void turn(boolean last) {
        try {
            write(last);
            failing = false;
        } catch (RuntimeException databaseGone) {
            if (!failing) {
                LOG.warnf("cannot write the audit chain; it is tried again: %s", databaseGone);
            }
            failing = true;
        }
    }

    /** Chains everything that is noted, and signs if it is time or the last chance. */
    void write(boolean last) {
        int chained = BATCH;
        while (chained == BATCH) {
            chained = chain.chain(BATCH);
        }
        AuditChain.Head head = chain.head();
        if (rule.isDue(head) || last && head.sequence() > head.checkpointed()) {
            sign(head.checkpoint());
        }
    }

    /**
     * This service gives its signature to nothing that does not follow from what it signed before:
     * who writes the chain anew in the database does not get it certified.
     */
    private void sign(Checkpoint next) {
        if (refuses) {
            return;
        }
        Optional<String> objection = signed.flatMap(before -> objection(before, next));
        if (objection.isPresent()) {
            LOG.errorf(
                    "the audit chain was changed in the database: %s; no checkpoint is signed any"
                            + " more, see: tlvm audit verify",
                    objection.get());
            refuses = true;
            return;
        }
        chain.keep(next.sequence(), Checkpoints.sign(signer, next));
        signed = Optional.of(next);
    }

    /** Why {@code next} does not follow from what was signed before, if it does not. */
    private Optional<String> objection(Checkpoint before, Checkpoint next) {
        if (next.sequence() < before.sequence()) {
            return Optional.of("it ended at " + before.sequence() + ", now at " + next.sequence());
        }
        List<AuditChain.Stored> known = records(before.sequence() - 1, 1);
        if (known.isEmpty() || !known.getFirst().hash().equals(before.hash())) {
            return Optional.of("record " + before.sequence() + " is another one");
        }
        long at = before.sequence();
        ByteString hash = before.hash();
        while (at < next.sequence()) {
            int wanted = (int) Math.min(BATCH, next.sequence() - at);
            List<AuditChain.Stored> piece = records(at, wanted);
            for (AuditChain.Stored stored : piece) {
                hash = ChainHash.of(hash, stored.content());
                at++;
                if (stored.sequence() != at || !stored.hash().equals(hash)) {
                    return Optional.of("record " + at + " does not follow");
                }
            }
            if (piece.isEmpty()) {
                return Optional.of("record " + (at + 1) + " is missing");
            }
        }
        return hash.equals(next.hash())
                ? Optional.empty()
                : Optional.of("its head is not the hash of record " + at);
    }

    private List<AuditChain.Stored> records(long after, int limit) {
        return chain.list(
                new AuditChain.Wanted(
                        after, limit, Optional.empty(), Optional.empty(), Optional.empty()));
    }

    /** Chains what is noted, signs a last checkpoint, ends. */
    @Override
    public void close() {
        stopped.countDown();
        try {
            if (!ended.await(LAST_WORDS_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("the last audit checkpoint was not written in time");
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
