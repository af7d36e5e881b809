package io.tlvm.ownership;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.CleanUp;
import io.tlvm.ownership.row.Coordinator;
import io.tlvm.ownership.row.Decision;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.GuestIdentity;
import io.tlvm.ownership.row.Nodes;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.StopMode;
import io.tlvm.ownership.row.Phase.StopOrder;
import io.tlvm.ownership.row.Phase.Wanted;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Asks the coordinator what each kind of event makes of each kind of row, and writes the answers as
 * a table.
 */
final class TransitionTable {
    static final NodeName A = new NodeName("a");
    static final NodeName B = new NodeName("b");
    static final OperationId OP = new OperationId("00000003-0000-0000-0000-000000000000");
    static final OperationId FIRST = new OperationId("00000001-0000-0000-0000-000000000000");
    static final OperationId OTHER = new OperationId("00000009-0000-0000-0000-000000000000");
    static final Epoch EPOCH = new Epoch(2);
    static final Epoch ATTEMPT = new Epoch(3);
    static final Instant NOON = Instant.parse("2030-01-01T12:00:00Z");
    static final Digest DIGEST = new Digest("sha256:" + "0".repeat(64));
    static final StateRef HERE = new StateRef("g1-00000001");
    static final StateRef THERE = new StateRef("g3-00000003");
    static final CleanUp OWED =
            new CleanUp(CleanUp.Kind.DISCARD, B, FIRST, new Epoch(1), new StateRef("g1-00000007"));
    static final Attempt.Prepared PREPARED = new Attempt.Prepared("00", THERE);

    /** Every node may be given a VM and may be taken one from. */
    static final Nodes ANY =
            new Nodes() {
                @Override
                public boolean isUp(NodeName node) {
                    return true;
                }

                @Override
                public boolean isFenced(NodeName node) {
                    return true;
                }
            };

    private TransitionTable() {}

    /** One row per situation that a phase distinguishes. */
    static Map<String, OwnershipRow> rows() {
        Attempt fresh = new Attempt(OP, B, ATTEMPT, NOON, null);
        Attempt prepared = fresh.prepared(PREPARED);
        Map<String, OwnershipRow> rows = new LinkedHashMap<>();
        rows.put("CREATING", row(new Phase.Creating(OP), null, false));
        rows.put("STOPPED", row(new Phase.Stopped(), null, true));
        rows.put(
                "RUNNING, not activated",
                row(new Phase.Running(OP, Mode.COLD, false, null), null, true));
        rows.put(
                "RUNNING, adopting",
                row(
                        new Phase.Running(OP, Mode.ADOPT, false, null),
                        new OwnershipRow.Prior(B, THERE, new Epoch(1)),
                        true));
        rows.put("RUNNING", row(new Phase.Running(OP, Mode.COLD, true, null), null, true));
        rows.put(
                "RUNNING, stop ordered",
                row(
                        new Phase.Running(
                                OP, Mode.COLD, true, new StopOrder(OTHER, StopMode.GRACEFUL)),
                        null,
                        true));
        rows.put("MIGRATING", row(new Phase.Migrating(fresh), null, true));
        rows.put("MIGRATING, prepared", row(new Phase.Migrating(prepared), null, true));
        rows.put("HANDOVER", row(new Phase.Handover(prepared), null, true));
        rows.put("RELEASED", row(new Phase.Released(prepared, DIGEST), null, true));
        rows.put(
                "RECOVERING",
                row(new Phase.Recovering(OP, B, ATTEMPT, THERE, Wanted.RUNNING), null, true));
        rows.put(
                "RECOVERING, was stopped",
                row(new Phase.Recovering(OP, B, ATTEMPT, THERE, Wanted.STOPPED), null, true));
        rows.put("DELETING", row(new Phase.Deleting(NOON), null, true));
        rows.put("PURGED", row(new Phase.Purged(OP, new TreeSet<>(List.of(A, B))), null, true));
        rows.put("QUARANTINED", row(new Phase.Quarantined("evidence"), null, true));
        return rows;
    }

    static OwnershipRow row(Phase phase, OwnershipRow.Prior prior, boolean made) {
        return new OwnershipRow(
                new VmUid("c0ffee00-0000-4000-8000-000000000000"),
                new RowVersion(5),
                EPOCH,
                phase instanceof Phase.Migrating
                                || phase instanceof Phase.Handover
                                || phase instanceof Phase.Released
                                || phase instanceof Phase.Recovering
                        ? ATTEMPT
                        : Epoch.NONE,
                A,
                made ? HERE : null,
                made ? new GuestIdentity("sha256:ek", "") : null,
                prior,
                phase,
                List.of(OWED));
    }

    /** One event of each kind, such as would fit the rows above. */
    static List<Event> events() {
        return List.of(
                new Event.StateCreated(OP, EPOCH, HERE, new GuestIdentity("sha256:ek", "")),
                new Event.CreateWithdrawn(OP, EPOCH, B),
                new Event.StartAsked(OP),
                new Event.StopAsked(OP, StopMode.FORCED),
                new Event.Exited(EPOCH),
                new Event.Activated(EPOCH),
                new Event.StateRefused(EPOCH, "evidence"),
                new Event.MigrationAsked(OP, B, NOON),
                new Event.TargetPrepared(OP, PREPARED),
                new Event.DeadlineExtended(OP, NOON.plusSeconds(60)),
                new Event.SourceReady(OP),
                new Event.SourceReleased(OP, DIGEST),
                new Event.TargetLoaded(OP, DIGEST),
                new Event.NotClaimed(EPOCH, true),
                new Event.Aborted(OP, "deadline"),
                new Event.NodeLost(OTHER, B),
                new Event.StateStored(OP, ATTEMPT, DIGEST),
                new Event.OwnerReturned(),
                new Event.CleanedUp(OWED),
                new Event.DeleteAsked(OP, NOON),
                new Event.UndeleteAsked(OP),
                new Event.PurgeAsked(OP, new TreeSet<>(List.of(A))),
                new Event.Purged(A));
    }

    static String markdown() {
        StringBuilder text = new StringBuilder("| event |");
        Map<String, OwnershipRow> rows = rows();
        rows.keySet().forEach(name -> text.append(' ').append(name).append(" |"));
        text.append("\n|---|").append("---|".repeat(rows.size())).append('\n');
        for (Event event : events()) {
            text.append("| ").append(kind(event)).append(" |");
            for (OwnershipRow row : rows.values()) {
                text.append(' ').append(cell(row, event)).append(" |");
            }
            text.append('\n');
        }
        return text.toString();
    }

    static String cell(OwnershipRow row, Event event) {
        return switch (Coordinator.decide(row, event, ANY)) {
            case Decision.Already _ -> "=";
            case Decision.Refused _ -> "·";
            case Decision.Next(var next) -> describe(row, next);
        };
    }

    private static String describe(OwnershipRow row, OwnershipRow next) {
        List<String> words = new ArrayList<>();
        words.add("**" + kind(next.phase()).toUpperCase(Locale.ROOT) + "**");
        if (next.phase() instanceof Phase.Running(_, var mode, var activated, var stop)) {
            if (stop != null) {
                words.add("stop " + stop.mode().toString().toLowerCase(Locale.ROOT));
            } else {
                words.add(activated ? "activated" : mode.toString().toLowerCase(Locale.ROOT));
            }
        }
        if (!next.owner().equals(row.owner())) {
            words.add("other owner");
        }
        if (!next.epoch().equals(row.epoch())) {
            words.add(next.epoch().equals(row.attemptEpoch()) ? "attempt's epoch" : "fresh epoch");
        }
        if (!next.attemptEpoch().equals(row.attemptEpoch())) {
            words.add("attempt drawn");
        }
        if (next.phase() instanceof Phase.Migrating(var attempt)
                && row.phase() instanceof Phase.Migrating(var before)) {
            words.add(attempt.deadline().equals(before.deadline()) ? "prepared" : "later deadline");
        }
        next.cleanUps().stream()
                .filter(owed -> !row.cleanUps().contains(owed))
                .forEach(owed -> words.add("owes " + owed.kind()));
        if (next.cleanUps().size() < row.cleanUps().size()) {
            words.add("owes less");
        }
        return String.join(", ", words);
    }

    static String kind(Object value) {
        return value.getClass().getSimpleName();
    }

    /** The kinds of a closed set that are records themselves. */
    static List<String> kinds(Class<?> sealed) {
        return Stream.of(sealed.getPermittedSubclasses())
                .filter(Class::isRecord)
                .map(Class::getSimpleName)
                .toList();
    }
}
