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
        Draft next = new Draft(this);
        switch (added) {
            case JournalRecord.Seen(var version, var epoch) -> {
                next.rowVersion = version.isBefore(rowVersion) ? rowVersion : version;
                next.floorEpoch = Epoch.max(floorEpoch, epoch);
            }
            case JournalRecord.Created r -> next.created = put(created, r.op(), r);
            case JournalRecord.Prepared r -> next.prepared = put(prepared, r.op(), r);
            case JournalRecord.Outgoing r -> next.outgoing = put(outgoing, r.op(), r);
            case JournalRecord.Loaded r -> next.loaded = put(loaded, r.op(), r);
            case JournalRecord.Released r -> next.released = put(released, r.op(), r);
            case JournalRecord.Storing r -> next.storing = put(storing, r.op(), r);
            case JournalRecord.Stored r -> next.stored = put(stored, r.op(), r);
            case JournalRecord.Claim r -> next.claim = r;
            case JournalRecord.Activated(var epoch) -> next.activated = epoch;
            case JournalRecord.Refused(var op, _) -> next.refused = add(refused, op);
            case JournalRecord.Tombstone r -> next.tombstones = add(tombstones, r);
            case JournalRecord.Purged _ -> next.purged = true;
        }
        return next.view();
    }

    /** A view of which one thing is about to change. */
    private static final class Draft {
        private RowVersion rowVersion;
        private Epoch floorEpoch;
        private Map<OperationId, JournalRecord.Created> created;
        private Map<OperationId, JournalRecord.Prepared> prepared;
        private Map<OperationId, JournalRecord.Outgoing> outgoing;
        private Map<OperationId, JournalRecord.Loaded> loaded;
        private Map<OperationId, JournalRecord.Released> released;
        private Map<OperationId, JournalRecord.Storing> storing;
        private Map<OperationId, JournalRecord.Stored> stored;
        private @Nullable Claim claim;
        private @Nullable Epoch activated;
        private Set<OperationId> refused;
        private Set<JournalRecord.Tombstone> tombstones;
        private boolean purged;

        Draft(AgentView from) {
            rowVersion = from.rowVersion;
            floorEpoch = from.floorEpoch;
            created = from.created;
            prepared = from.prepared;
            outgoing = from.outgoing;
            loaded = from.loaded;
            released = from.released;
            storing = from.storing;
            stored = from.stored;
            claim = from.claim;
            activated = from.activated;
            refused = from.refused;
            tombstones = from.tombstones;
            purged = from.purged;
        }

        AgentView view() {
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
