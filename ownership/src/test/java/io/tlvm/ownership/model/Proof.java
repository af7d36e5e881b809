package io.tlvm.ownership.model;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.row.Decision;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.Nodes;
import io.tlvm.ownership.row.OwnershipRow;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Shows that {@link Normal} forgot no event that still counted: an event that was dropped changes
 * neither the row where it was dropped nor any row that follows from it, as far as rows were
 * reached at all.
 */
final class Proof {
    /** Every node may be given a VM and may be taken one from. */
    private static final Nodes ANY =
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

    private Proof() {}

    private record Pair(OwnershipRow row, Event event) {}

    /** How many pairs of a row and an event forgotten before it were looked at. */
    static int check(Explorer.Found found) {
        Map<OwnershipRow, Set<Event>> seen = new HashMap<>();
        Deque<Pair> open = new ArrayDeque<>();
        found.forgotten()
                .forEach((row, events) -> events.forEach(event -> open.add(new Pair(row, event))));
        int pairs = 0;
        while (!open.isEmpty()) {
            Pair pair = open.pop();
            if (!seen.computeIfAbsent(pair.row(), row -> new HashSet<>()).add(pair.event())) {
                continue;
            }
            pairs++;
            if (Protocol.REAL.decide().decide(pair.row(), pair.event(), ANY)
                    instanceof Decision.Next) {
                throw new AssertionError(
                        pair.row() + " takes " + pair.event() + ", which was forgotten");
            }
            for (OwnershipRow next : found.followed().getOrDefault(pair.row(), Set.of())) {
                open.push(new Pair(next, pair.event()));
            }
        }
        return pairs;
    }
}
