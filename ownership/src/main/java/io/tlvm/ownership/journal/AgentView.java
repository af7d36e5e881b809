package io.tlvm.ownership.journal;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.journal.JournalRecord.Claim;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What one node's journal says about one VM: a fold of its records, in order. Immutable. */
public record AgentView(
        RowVersion rowVersion,
        Epoch floorEpoch,
        Map<OperationId, JournalRecord.Created> created,
        Map<OperationId, JournalRecord.Prepared> prepared,
        Map<OperationId, JournalRecord.Outgoing> outgoing,
        Map<OperationId, JournalRecord.Loaded> loaded,
        Map<OperationId, JournalRecord.Released> released,
        Map<OperationId, JournalRecord.Storing> storing,
        Map<OperationId, JournalRecord.Stored> stored,
        @Nullable Claim claim,
        @Nullable Epoch activated,
        Set<OperationId> refused,
        Set<JournalRecord.Tombstone> tombstones,
        boolean purged) {

    /** A node that never heard of the VM. */
    public static final AgentView EMPTY =
            new AgentView(
                    RowVersion.NONE,
                    Epoch.NONE,
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    null,
                    null,
                    Set.of(),
                    Set.of(),
                    false);

    public AgentView {
        created = Map.copyOf(created);
        prepared = Map.copyOf(prepared);
        outgoing = Map.copyOf(outgoing);
        loaded = Map.copyOf(loaded);
        released = Map.copyOf(released);
        storing = Map.copyOf(storing);
        stored = Map.copyOf(stored);
        refused = Set.copyOf(refused);
        tombstones = Set.copyOf(tombstones);
    }

    public static AgentView of(Iterable<JournalRecord> records) {
        AgentView view = EMPTY;
        for (JournalRecord written : records) {
            view = view.with(written);
        }
        return view;
    }

    /** The last claim, if it is of this epoch. */
    public Optional<JournalRecord.Claim> claimOf(Epoch epoch) {
        return Optional.ofNullable(claim).filter(last -> last.epoch().equals(epoch));
    }

    /** True when this node gave its word that nothing of (op, epoch) exists here or will. */
    public boolean isDead(OperationId op, Epoch epoch) {
        return tombstones.contains(new JournalRecord.Tombstone(op, epoch));
    }

    /** This view after one more record. */
    public AgentView with(JournalRecord added) {
        return switch (added) {
            case JournalRecord.Seen(var version, var epoch) ->
                    new AgentView(
                            version.isBefore(rowVersion) ? rowVersion : version,
                            Epoch.max(floorEpoch, epoch),
                            created,
                            prepared,
                            outgoing,
                            loaded,
                            released,
                            storing,
                            stored,
                            claim,
                            activated,
                            refused,
                            tombstones,
                            purged);
            case JournalRecord.Created r ->
                    copy(
                            put(created, r.op(), r),
                            prepared,
                            outgoing,
                            loaded,
                            released,
                            claim,
                            activated);
            case JournalRecord.Prepared r ->
                    copy(
                            created,
                            put(prepared, r.op(), r),
                            outgoing,
                            loaded,
                            released,
                            claim,
                            activated);
            case JournalRecord.Outgoing r ->
                    copy(
                            created,
                            prepared,
                            put(outgoing, r.op(), r),
                            loaded,
                            released,
                            claim,
                            activated);
            case JournalRecord.Loaded r ->
                    copy(
                            created,
                            prepared,
                            outgoing,
                            put(loaded, r.op(), r),
                            released,
                            claim,
                            activated);
            case JournalRecord.Released r ->
                    copy(
                            created,
                            prepared,
                            outgoing,
                            loaded,
                            put(released, r.op(), r),
                            claim,
                            activated);
            case JournalRecord.Storing r -> recovering(put(storing, r.op(), r), stored);
            case JournalRecord.Stored r -> recovering(storing, put(stored, r.op(), r));
            case JournalRecord.Claim r ->
                    copy(created, prepared, outgoing, loaded, released, r, activated);
            case JournalRecord.Activated(var epoch) ->
                    copy(created, prepared, outgoing, loaded, released, claim, epoch);
            case JournalRecord.Refused(var op, _) -> marked(add(refused, op), tombstones, purged);
            case JournalRecord.Tombstone r -> marked(refused, add(tombstones, r), purged);
            case JournalRecord.Purged _ -> marked(refused, tombstones, true);
        };
    }

    private AgentView copy(
            Map<OperationId, JournalRecord.Created> created,
            Map<OperationId, JournalRecord.Prepared> prepared,
            Map<OperationId, JournalRecord.Outgoing> outgoing,
            Map<OperationId, JournalRecord.Loaded> loaded,
            Map<OperationId, JournalRecord.Released> released,
            @Nullable Claim claim,
            @Nullable Epoch activated) {
        return new AgentView(
                rowVersion,
                floorEpoch,
                created,
                prepared,
                outgoing,
                loaded,
                released,
                storing,
                stored,
                claim,
                activated,
                refused,
                tombstones,
                purged);
    }

    private AgentView recovering(
            Map<OperationId, JournalRecord.Storing> storing,
            Map<OperationId, JournalRecord.Stored> stored) {
        return new AgentView(
                rowVersion,
                floorEpoch,
                created,
                prepared,
                outgoing,
                loaded,
                released,
                storing,
                stored,
                claim,
                activated,
                refused,
                tombstones,
                purged);
    }

    private AgentView marked(
            Set<OperationId> refused, Set<JournalRecord.Tombstone> tombstones, boolean purged) {
        return new AgentView(
                rowVersion,
                floorEpoch,
                created,
                prepared,
                outgoing,
                loaded,
                released,
                storing,
                stored,
                claim,
                activated,
                refused,
                tombstones,
                purged);
    }

    private static <K, V> Map<K, V> put(Map<K, V> map, K key, V value) {
        Map<K, V> more = new HashMap<>(map);
        more.put(key, value);
        return more;
    }

    private static <T> Set<T> add(Set<T> set, T value) {
        Set<T> more = new HashSet<>(set);
        more.add(value);
        return more;
    }
}
