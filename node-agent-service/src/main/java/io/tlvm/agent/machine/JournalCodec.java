package io.tlvm.agent.machine;

import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.node.storage.v1.ActivatedEntry;
import io.tlvm.node.storage.v1.ClaimEntry;
import io.tlvm.node.storage.v1.CreatedEntry;
import io.tlvm.node.storage.v1.JournalEntry;
import io.tlvm.node.storage.v1.LoadedEntry;
import io.tlvm.node.storage.v1.OutgoingEntry;
import io.tlvm.node.storage.v1.PreparedEntry;
import io.tlvm.node.storage.v1.PurgedEntry;
import io.tlvm.node.storage.v1.RefusedEntry;
import io.tlvm.node.storage.v1.ReleasedEntry;
import io.tlvm.node.storage.v1.SeenEntry;
import io.tlvm.node.storage.v1.StoredEntry;
import io.tlvm.node.storage.v1.StoringEntry;
import io.tlvm.node.storage.v1.TombstoneEntry;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.row.Phase.Mode;

import java.io.IOException;

/** Journal records as the bytes of {@code tlvm.node.storage.v1.JournalEntry}. */
final class JournalCodec {
    private JournalCodec() {}

    static byte[] encode(JournalRecord written) {
        JournalEntry.Builder entry = JournalEntry.newBuilder();
        switch (written) {
            case JournalRecord.Seen(var version, var epoch) ->
                    entry.setSeen(
                            SeenEntry.newBuilder()
                                    .setRowVersion(version.value())
                                    .setEpoch(epoch.value()));
            case JournalRecord.Created(var op, var epoch, var directory) ->
                    entry.setCreated(
                            CreatedEntry.newBuilder()
                                    .setOpId(op.value())
                                    .setEpoch(epoch.value())
                                    .setStateRef(directory.value()));
            case JournalRecord.Prepared(var op, var epoch, var directory, var source) ->
                    entry.setPrepared(
                            PreparedEntry.newBuilder()
                                    .setOpId(op.value())
                                    .setAttemptEpoch(epoch.value())
                                    .setStateRef(directory.value())
                                    .setSourceNode(source.value()));
            case JournalRecord.Outgoing(var op, var epoch, var target) ->
                    entry.setOutgoing(
                            OutgoingEntry.newBuilder()
                                    .setOpId(op.value())
                                    .setEpoch(epoch.value())
                                    .setTargetNode(target.value()));
            case JournalRecord.Loaded(var op, var epoch, var digest) ->
                    entry.setLoaded(
                            LoadedEntry.newBuilder()
                                    .setOpId(op.value())
                                    .setAttemptEpoch(epoch.value())
                                    .setDigest(digest.value()));
            case JournalRecord.Storing(var op, var epoch, var directory) ->
                    entry.setStoring(
                            StoringEntry.newBuilder()
                                    .setOpId(op.value())
                                    .setAttemptEpoch(epoch.value())
                                    .setStateRef(directory.value()));
            case JournalRecord.Stored(var op, var epoch, var digest) ->
                    entry.setStored(
                            StoredEntry.newBuilder()
                                    .setOpId(op.value())
                                    .setAttemptEpoch(epoch.value())
                                    .setDigest(digest.value()));
            case JournalRecord.Released(var op, var epoch, var digest) ->
                    entry.setReleased(
                            ReleasedEntry.newBuilder()
                                    .setOpId(op.value())
                                    .setEpoch(epoch.value())
                                    .setDigest(digest.value()));
            case JournalRecord.Claim(var op, var epoch, var mode, var directory, var process) ->
                    entry.setClaim(
                            ClaimEntry.newBuilder()
                                    .setOpId(op.value())
                                    .setEpoch(epoch.value())
                                    .setMode(
                                            switch (mode) {
                                                case COLD -> ClaimEntry.Mode.MODE_COLD;
                                                case ADOPT -> ClaimEntry.Mode.MODE_ADOPT;
                                                case RESUME -> ClaimEntry.Mode.MODE_RESUME;
                                            })
                                    .setStateRef(directory.value())
                                    .setProcessEpoch(process.value()));
            case JournalRecord.Activated(var epoch) ->
                    entry.setActivated(ActivatedEntry.newBuilder().setEpoch(epoch.value()));
            case JournalRecord.Refused(var op, var epoch) ->
                    entry.setRefused(
                            RefusedEntry.newBuilder().setOpId(op.value()).setEpoch(epoch.value()));
            case JournalRecord.Tombstone(var op, var epoch) ->
                    entry.setTombstone(
                            TombstoneEntry.newBuilder()
                                    .setOpId(op.value())
                                    .setEpoch(epoch.value()));
            case JournalRecord.Purged(var op) ->
                    entry.setPurged(PurgedEntry.newBuilder().setOpId(op.value()));
        }
        return entry.build().toByteArray();
    }

    /**
     * @throws IOException when it is no record of this version, or one with impossible values
     */
    static JournalRecord decode(byte[] payload) throws IOException {
        try {
            return decode(JournalEntry.parseFrom(payload));
        } catch (InvalidProtocolBufferException | IllegalArgumentException broken) {
            throw new IOException(
                    "a journal record cannot be read: " + broken.getMessage(), broken);
        }
    }

    private static JournalRecord decode(JournalEntry entry) {
        return switch (entry.getKindCase()) {
            case SEEN ->
                    new JournalRecord.Seen(
                            new RowVersion(entry.getSeen().getRowVersion()),
                            new Epoch(entry.getSeen().getEpoch()));
            case CREATED -> {
                CreatedEntry e = entry.getCreated();
                yield new JournalRecord.Created(
                        new OperationId(e.getOpId()),
                        new Epoch(e.getEpoch()),
                        new StateRef(e.getStateRef()));
            }
            case PREPARED -> {
                PreparedEntry e = entry.getPrepared();
                yield new JournalRecord.Prepared(
                        new OperationId(e.getOpId()),
                        new Epoch(e.getAttemptEpoch()),
                        new StateRef(e.getStateRef()),
                        new NodeName(e.getSourceNode()));
            }
            case OUTGOING -> {
                OutgoingEntry e = entry.getOutgoing();
                yield new JournalRecord.Outgoing(
                        new OperationId(e.getOpId()),
                        new Epoch(e.getEpoch()),
                        new NodeName(e.getTargetNode()));
            }
            case LOADED -> {
                LoadedEntry e = entry.getLoaded();
                yield new JournalRecord.Loaded(
                        new OperationId(e.getOpId()),
                        new Epoch(e.getAttemptEpoch()),
                        new Digest(e.getDigest()));
            }
            case STORING -> {
                StoringEntry e = entry.getStoring();
                yield new JournalRecord.Storing(
                        new OperationId(e.getOpId()),
                        new Epoch(e.getAttemptEpoch()),
                        new StateRef(e.getStateRef()));
            }
            case STORED -> {
                StoredEntry e = entry.getStored();
                yield new JournalRecord.Stored(
                        new OperationId(e.getOpId()),
                        new Epoch(e.getAttemptEpoch()),
                        new Digest(e.getDigest()));
            }
            case RELEASED -> {
                ReleasedEntry e = entry.getReleased();
                yield new JournalRecord.Released(
                        new OperationId(e.getOpId()),
                        new Epoch(e.getEpoch()),
                        new Digest(e.getDigest()));
            }
            case CLAIM -> {
                ClaimEntry e = entry.getClaim();
                yield new JournalRecord.Claim(
                        new OperationId(e.getOpId()),
                        new Epoch(e.getEpoch()),
                        mode(e.getMode()),
                        new StateRef(e.getStateRef()),
                        new Epoch(e.getProcessEpoch()));
            }
            case ACTIVATED ->
                    new JournalRecord.Activated(new Epoch(entry.getActivated().getEpoch()));
            case REFUSED ->
                    new JournalRecord.Refused(
                            new OperationId(entry.getRefused().getOpId()),
                            new Epoch(entry.getRefused().getEpoch()));
            case TOMBSTONE ->
                    new JournalRecord.Tombstone(
                            new OperationId(entry.getTombstone().getOpId()),
                            new Epoch(entry.getTombstone().getEpoch()));
            case PURGED -> new JournalRecord.Purged(new OperationId(entry.getPurged().getOpId()));
            case KIND_NOT_SET ->
                    throw new IllegalArgumentException("a kind that this agent does not know");
        };
    }

    private static Mode mode(ClaimEntry.Mode mode) {
        return switch (mode) {
            case MODE_COLD -> Mode.COLD;
            case MODE_ADOPT -> Mode.ADOPT;
            case MODE_RESUME -> Mode.RESUME;
            case MODE_UNSPECIFIED, UNRECOGNIZED ->
                    throw new IllegalArgumentException("unknown mode of a claim");
        };
    }
}
