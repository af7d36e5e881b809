package io.tlvm.foundation.audit;

import static io.tlvm.foundation.audit.WrittenChain.item;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;

import io.tlvm.compute.v1.AuditExportItem;
import io.tlvm.compute.v1.AuditRecord;
import io.tlvm.compute.v1.RowChange;
import io.tlvm.compute.v1.RowState;
import io.tlvm.compute.v1.StoredAuditRecord;
import io.tlvm.foundation.audit.AuditVerifier.Whole;
import io.tlvm.foundation.audit.Checkpoints.Checkpoint;
import io.tlvm.foundation.signature.SignatureRefusedException;
import io.tlvm.type.v1.HandOverReceipt;
import io.tlvm.type.v1.SignedStatement;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

class AuditVerifierTest {
    private WrittenChain chain;

    @BeforeEach
    void write(@TempDir Path directory) {
        chain = new WrittenChain(directory).lived();
    }

    @AfterEach
    void close() {
        chain.close();
    }

    private Whole read(List<AuditExportItem> items) throws ChainBrokenException {
        return read(chain.verifier(), items);
    }

    private static Whole read(AuditVerifier verifier, List<AuditExportItem> items)
            throws ChainBrokenException {
        for (AuditExportItem item : items) {
            verifier.take(item);
        }
        return verifier.end();
    }

    private ChainBrokenException broken(List<AuditExportItem> items) {
        ChainBrokenException found =
                catchThrowableOfType(ChainBrokenException.class, () -> read(items));
        assertThat(found).as("nothing was found").isNotNull();
        return found;
    }

    private List<AuditExportItem> records() {
        List<AuditExportItem> items = new ArrayList<>();
        chain.records().forEach(stored -> items.add(item(stored)));
        return items;
    }

    @Test
    void a_chain_as_it_was_written_is_whole() throws ChainBrokenException {
        Whole whole = read(chain.exported());

        assertThat(whole.records()).isEqualTo(11);
        assertThat(whole.covered()).isEqualTo(11);
        assertThat(whole.checkpoints()).isEqualTo(1);
        assertThat(whole.handOvers()).isEqualTo(1);
        assertThat(whole.unproven()).isZero();
        assertThat(whole.hash()).isEqualTo(chain.records().getLast().getHash());
    }

    @Test
    void each_deleted_record_is_missed() {
        for (int i = 0; i < chain.records().size() - 1; i++) {
            List<AuditExportItem> items = records();
            items.remove(i);
            assertThat(broken(items).sequence()).isEqualTo(i + 1);
        }
    }

    @Test
    void two_records_that_changed_places_are_found() {
        for (int i = 0; i < chain.records().size() - 1; i++) {
            List<AuditExportItem> items = records();
            Collections.swap(items, i, i + 1);
            assertThat(broken(items).sequence()).isEqualTo(i + 1);
        }
    }

    @Test
    void records_that_changed_places_with_new_numbers_are_found() {
        for (int i = 0; i < chain.records().size() - 1; i++) {
            List<AuditExportItem> items = records();
            StoredAuditRecord first = chain.records().get(i);
            StoredAuditRecord second = chain.records().get(i + 1);
            items.set(i, item(second.toBuilder().setSequence(i + 1).build()));
            items.set(i + 1, item(first.toBuilder().setSequence(i + 2).build()));
            assertThat(broken(items).sequence()).isEqualTo(i + 1);
        }
    }

    @Test
    void every_flipped_bit_of_every_byte_of_every_record_is_found() {
        for (int i = 0; i < chain.records().size(); i++) {
            StoredAuditRecord stored = chain.records().get(i);
            for (int at = 0; at < stored.getRecord().size(); at++) {
                StoredAuditRecord edited =
                        stored.toBuilder().setRecord(flipped(stored.getRecord(), at)).build();
                List<AuditExportItem> items = records();
                items.set(i, item(edited));
                assertThat(broken(items).sequence())
                        .as("record %d, byte %d", i + 1, at)
                        .isEqualTo(i + 1);
            }
            for (int at = 0; at < stored.getHash().size(); at++) {
                List<AuditExportItem> items = records();
                items.set(
                        i, item(stored.toBuilder().setHash(flipped(stored.getHash(), at)).build()));
                assertThat(broken(items).sequence()).isEqualTo(i + 1);
            }
        }
    }

    private static ByteString flipped(ByteString bytes, int at) {
        byte[] copy = bytes.toByteArray();
        copy[at] ^= (byte) (1 << (at % 8));
        return ByteString.copyFrom(copy);
    }

    @Test
    void an_inserted_record_is_found_even_if_it_follows_properly() {
        StoredAuditRecord before = chain.records().get(4);
        ByteString forged =
                AuditRecord.newBuilder()
                        .setSequence(6)
                        .setPreviousHash(before.getHash())
                        .build()
                        .toByteString();
        List<AuditExportItem> items = records();
        items.add(
                5,
                item(
                        StoredAuditRecord.newBuilder()
                                .setSequence(6)
                                .setRecord(forged)
                                .setHash(ChainHash.of(before.getHash(), forged))
                                .build()));

        assertThat(broken(items).sequence()).isEqualTo(7);
    }

    @Test
    void a_chain_that_was_cut_off_is_found_by_a_checkpoint_that_was_kept()
            throws SignatureRefusedException {
        AuditVerifier verifier = chain.verifier();
        verifier.expect(chain.checkpoint());

        assertThatThrownBy(() -> read(verifier, records().subList(0, 8)))
                .isInstanceOfSatisfying(
                        ChainBrokenException.class,
                        broken -> {
                            assertThat(broken.sequence()).isEqualTo(9);
                            assertThat(broken.expected()).contains("records up to 11");
                        });
    }

    @Test
    void a_chain_that_was_cut_off_is_found_by_a_checkpoint_that_was_forgotten_in_it() {
        List<AuditExportItem> items = records().subList(0, 8);
        items.add(item(chain.checkpoint()));

        assertThat(broken(items).sequence()).isEqualTo(9);
    }

    @Test
    void a_chain_that_was_written_anew_is_found_by_a_checkpoint_that_was_kept(
            @TempDir Path elsewhere) throws SignatureRefusedException {
        AuditVerifier verifier = chain.verifier();
        verifier.expect(chain.checkpoint());
        try (var forged = new WrittenChain(elsewhere)) {
            forged.lived();
            // Its receipts are of another authority; this finds it before them.
            var items = new ArrayList<AuditExportItem>();
            forged.records().forEach(stored -> items.add(item(stored)));
            assertThatThrownBy(() -> read(verifier, items))
                    .isInstanceOf(ChainBrokenException.class);
        }
    }

    @Test
    void a_kept_checkpoint_outlives_the_certificate_that_signed_it()
            throws SignatureRefusedException, ChainBrokenException {
        StoredAuditRecord third = chain.records().get(2);
        SignedStatement old =
                Checkpoints.sign(
                        chain.expired("old-service", "spiffe://tlvm.test/svc/vm-service"),
                        new Checkpoint(
                                3, third.getHash(), Instant.now().minus(Duration.ofHours(10))));
        AuditVerifier verifier = chain.verifier();
        verifier.expect(old);

        assertThat(read(verifier, records()).records()).isEqualTo(11);
    }

    @Test
    void a_checkpoint_after_its_certificate_ended_proves_nothing() {
        SignedStatement late =
                Checkpoints.sign(
                        chain.expired("old-service", "spiffe://tlvm.test/svc/vm-service"),
                        new Checkpoint(11, chain.records().getLast().getHash(), Instant.now()));

        assertThatThrownBy(() -> chain.verifier().expect(late))
                .isInstanceOf(SignatureRefusedException.class);
    }

    @Test
    void a_checkpoint_by_anybody_else_proves_nothing() {
        for (var by :
                List.of(
                        chain.nodeA(),
                        chain.foreign("spiffe://tlvm.test/svc/vm-service"),
                        WrittenChain.signer(
                                chain.identity("mallory", "spiffe://tlvm.test/user/admin")))) {
            SignedStatement forged = chain.checkpoint(by);
            assertThatThrownBy(() -> chain.verifier().expect(forged))
                    .isInstanceOf(SignatureRefusedException.class);

            List<AuditExportItem> items = records();
            items.add(item(forged));
            assertThat(broken(items).found()).contains("proves nothing");
        }
    }

    @Test
    void a_checkpoint_whose_words_were_changed_proves_nothing() {
        SignedStatement signed = chain.checkpoint();
        for (int at = 0; at < signed.getStatement().size(); at++) {
            List<AuditExportItem> items = records();
            items.add(
                    item(
                            signed.toBuilder()
                                    .setStatement(flipped(signed.getStatement(), at))
                                    .build()));
            assertThat(broken(items)).isNotNull();
        }
    }

    @Test
    void a_row_that_was_changed_without_a_record_shows_with_its_next_change() {
        chain.append(
                WrittenChain.record()
                        .setVmUid(WrittenChain.VM)
                        .setRowChange(
                                RowChange.newBuilder()
                                        .setBefore(
                                                RowState.newBuilder()
                                                        .setRowVersion(8)
                                                        .setOwner("node-c"))
                                        .setAfter(RowState.newBuilder().setRowVersion(9))));

        ChainBrokenException found = broken(records());
        assertThat(found.sequence()).isEqualTo(12);
        assertThat(found.expected()).contains("owner node-a");
        assertThat(found.found()).contains("owner node-c");
    }

    @Test
    void a_node_that_was_changed_without_a_record_shows_with_its_next_change() {
        chain.append(WrittenChain.node("UP", "FENCING"));

        assertThat(broken(records()).found()).isEqualTo("UP");
    }

    @Test
    void a_receipt_that_a_wrong_node_signed_proves_nothing() {
        var a = chain.nodeA();
        var b = chain.nodeB();
        var service = chain.service();
        for (HandOverReceipt forged :
                List.of(
                        WrittenChain.receipt(b, b, service),
                        WrittenChain.receipt(a, a, service),
                        WrittenChain.receipt(a, b, b),
                        WrittenChain.receipt(a, b, service).toBuilder().clearTarget().build())) {
            var receipts = new HandOvers(chain.signatures(), WrittenChain.DOMAIN);
            assertThatThrownBy(() -> receipts.require(forged))
                    .isInstanceOf(SignatureRefusedException.class);
        }
    }

    @Test
    void parties_that_name_different_states_have_no_receipt() {
        var whole = WrittenChain.receipt(chain.nodeA(), chain.nodeB(), chain.service());
        var other =
                HandOvers.sign(
                        chain.nodeB(),
                        WrittenChain.known()
                                .setParty(io.tlvm.type.v1.HandOverStatement.Party.PARTY_TARGET)
                                .setEpochAfter(3)
                                .setDigest("sha256:" + "ab".repeat(32))
                                .build(),
                        Instant.now());
        var receipts = new HandOvers(chain.signatures(), WrittenChain.DOMAIN);

        assertThatThrownBy(() -> receipts.require(whole.toBuilder().setTarget(other).build()))
                .hasMessageContaining("digest");
    }
}
