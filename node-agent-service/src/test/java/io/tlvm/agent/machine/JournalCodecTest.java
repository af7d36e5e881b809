package io.tlvm.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.row.Phase.Mode;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.HexFormat;
import java.util.List;

class JournalCodecTest {
    private static final OperationId OP = new OperationId("0d1f5a3e-6c0e-4b8e-9a55-3d5f9d1c2b7a");
    private static final StateRef REF = new StateRef("g7-0d1f5a3e");
    private static final Digest DIGEST = new Digest("sha256:" + "ab".repeat(32));
    private static final Epoch EPOCH = new Epoch(7);
    private static final List<JournalRecord> EACH =
            List.of(
                    new JournalRecord.Seen(new RowVersion(12), EPOCH),
                    new JournalRecord.Created(OP, EPOCH, REF),
                    new JournalRecord.Prepared(OP, EPOCH, REF, new NodeName("node-a")),
                    new JournalRecord.Outgoing(OP, EPOCH, new NodeName("node-b")),
                    new JournalRecord.Loaded(OP, EPOCH, DIGEST),
                    new JournalRecord.Storing(OP, EPOCH, REF),
                    new JournalRecord.Stored(OP, EPOCH, DIGEST),
                    new JournalRecord.Released(OP, EPOCH, DIGEST),
                    new JournalRecord.Claim(OP, EPOCH, Mode.RESUME, REF, new Epoch(5)),
                    new JournalRecord.Activated(EPOCH),
                    new JournalRecord.Refused(OP, EPOCH),
                    new JournalRecord.Tombstone(OP, EPOCH),
                    new JournalRecord.Purged(OP));

    @Test
    void every_kind_of_record_comes_back_as_it_was() throws IOException {
        assertThat(EACH).hasSize(JournalRecord.class.getPermittedSubclasses().length);
        for (JournalRecord written : EACH) {
            assertThat(JournalCodec.decode(JournalCodec.encode(written))).isEqualTo(written);
        }
    }

    @Test
    void a_claim_written_by_the_first_version_still_loads() throws IOException {
        byte[] sample =
                HexFormat.of()
                        .parseHex(
                                "3a390a24"
                                    + "30643166356133652d366330652d346238652d396135352d336435663964316332623761"
                                    + "10071803220b67372d30643166356133652805");

        assertThat(JournalCodec.decode(sample))
                .isEqualTo(new JournalRecord.Claim(OP, EPOCH, Mode.RESUME, REF, new Epoch(5)));
    }

    @Test
    void a_kind_from_the_future_is_refused_and_not_forgotten() {
        assertThatThrownBy(() -> JournalCodec.decode(new byte[] {(byte) 0xfa, 0x01, 0x00}))
                .isInstanceOf(IOException.class);
    }
}
