package io.tlvm.vm.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;

import io.tlvm.foundation.audit.ChainHash;
import io.tlvm.foundation.audit.Checkpoints;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.signature.SignatureCheck;
import io.tlvm.foundation.signature.SignatureRefusedException;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.foundation.tls.TestPki;
import io.tlvm.type.v1.SignedStatement;
import io.tlvm.vm.audit.AuditWriter.CheckpointRule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * When vm-service signs the chain, and when it refuses to; turn by turn, with a clock of its own.
 */
class AuditWriterTest {
    private static final CheckpointRule RULE = new CheckpointRule(3, Duration.ofSeconds(10));

    private final MemoryChain chain = new MemoryChain();
    private PkiDirectory service;
    private AuditWriter writer;

    @BeforeEach
    void start(@TempDir Path directory) {
        service =
                PkiDirectory.open(
                        new TestPki("test")
                                .issue(
                                        directory.resolve("pki"),
                                        "spiffe://tlvm.test/svc/vm-service"));
        writer = restarted();
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private AuditWriter restarted() {
        return new AuditWriter(chain, new CertificateSigner(service.keyManager()), RULE);
    }

    @Test
    void the_first_record_is_covered_at_once_and_nothing_new_by_nothing_new()
            throws SignatureRefusedException {
        writer.write(false);
        assertThat(chain.kept).as("nothing to sign").isEmpty();

        chain.note(1);
        writer.write(false);
        writer.write(false);
        writer.write(true);
        assertThat(chain.kept).hasSize(1);
        var checkpoints =
                new Checkpoints(
                        new SignatureCheck(service.trustManager()), new TrustDomain("tlvm.test"));
        assertThat(checkpoints.read(chain.kept.getFirst().signed()).hash())
                .isEqualTo(chain.records.getFirst().hash());
    }

    @Test
    void a_checkpoint_is_due_after_so_many_records_or_so_much_time_or_at_the_end() {
        chain.note(1);
        writer.write(false);
        chain.note(2);
        writer.write(false);
        assertThat(covered()).isEqualTo(1);

        chain.note(1);
        writer.write(false);
        assertThat(covered()).as("three records are open").isEqualTo(4);

        chain.note(1);
        writer.write(false);
        assertThat(covered()).isEqualTo(4);
        chain.now = chain.now.plusSeconds(10);
        writer.write(false);
        assertThat(covered()).as("ten seconds are over").isEqualTo(5);

        chain.note(1);
        writer.write(true);
        assertThat(covered()).as("the service stops").isEqualTo(6);
    }

    @Test
    void more_than_a_batch_is_chained_in_one_turn() {
        chain.note(1_234);
        writer.write(false);

        assertThat(covered()).isEqualTo(1_234);
    }

    @Test
    void a_chain_that_was_written_anew_gets_no_signature() {
        chain.note(4);
        writer.write(false);
        chain.forge(2);
        chain.note(4);
        writer.write(false);
        writer.write(true);

        assertThat(covered()).isEqualTo(4);
    }

    @Test
    void a_chain_that_was_cut_off_or_edited_since_gets_no_signature() {
        chain.note(4);
        writer.write(false);
        chain.note(4);
        assertThat(chain.chain(9)).isEqualTo(4);
        chain.records.set(
                5,
                new AuditChain.Stored(
                        6, ByteString.copyFromUtf8("edited"), chain.records.get(5).hash()));
        writer.write(true);
        assertThat(covered()).isEqualTo(4);

        AuditWriter other = restarted();
        chain.note(1);
        other.write(false);
        chain.records.subList(3, chain.records.size()).clear();
        other.write(true);
        assertThat(chain.kept).hasSize(2);
    }

    @Test
    void a_rule_that_never_holds_is_refused() {
        assertThatThrownBy(() -> new CheckpointRule(0, Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private long covered() {
        return chain.kept.getLast().sequence();
    }

    /** The tables of a database that a test may write into. */
    private static final class MemoryChain implements AuditChain {
        final List<Stored> records = new ArrayList<>();
        final List<Kept> kept = new ArrayList<>();
        private final List<ByteString> notes = new ArrayList<>();
        private Instant keptAt = Instant.EPOCH;
        Instant now = Instant.now();

        void note(int count) {
            for (int i = 0; i < count; i++) {
                notes.add(ByteString.copyFromUtf8("note " + records.size() + " " + i));
            }
        }

        /** Writes the chain anew from this record on. */
        void forge(int from) {
            for (int i = from; i < records.size(); i++) {
                ByteString content = ByteString.copyFromUtf8("forged");
                ByteString before = records.get(i - 1).hash();
                records.set(i, new Stored(i + 1, content, ChainHash.of(before, content)));
            }
        }

        private ByteString last() {
            return records.isEmpty() ? ChainHash.GENESIS : records.getLast().hash();
        }

        @Override
        public int chain(int max) {
            int count = Math.min(max, notes.size());
            for (int i = 0; i < count; i++) {
                ByteString content = notes.removeFirst();
                records.add(new Stored(records.size() + 1, content, ChainHash.of(last(), content)));
            }
            return count;
        }

        @Override
        public Head head() {
            return new Head(
                    records.size(),
                    last(),
                    kept.isEmpty() ? 0 : kept.getLast().sequence(),
                    Duration.between(keptAt, now),
                    now);
        }

        @Override
        public void keep(long sequence, SignedStatement checkpoint) {
            kept.add(new Kept(sequence, checkpoint));
            keptAt = now;
        }

        @Override
        public Optional<SignedStatement> newestCheckpoint() {
            return kept.isEmpty() ? Optional.empty() : Optional.of(kept.getLast().signed());
        }

        @Override
        public List<Stored> list(Wanted wanted) {
            return records.stream()
                    .filter(stored -> stored.sequence() > wanted.after())
                    .limit(wanted.limit())
                    .toList();
        }

        @Override
        public Piece export(long after, int limit) {
            throw new UnsupportedOperationException("the writer does not export");
        }
    }
}
