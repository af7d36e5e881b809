package io.tlvm.ownership.journal;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Observed.Alive;
import io.tlvm.ownership.journal.Observed.State;

import java.util.List;
import java.util.Set;

/**
 * What a node that was fenced does about one VM before it joins (R9): append and sync {@code
 * first}, kill, destroy, report, in this order. A VM that has no row is not touched.
 *
 * @param first raises the journal to the row, so that no command of the time before is obeyed again
 * @param kills QEMU and swtpm of the VM end, whatever they do
 * @param spares of the VM's directories that this node made, those that stay; all others are
 *     destroyed with their keys
 */
public record Homecoming(List<JournalRecord> first, boolean kills, Set<StateRef> spares) {

    public Homecoming {
        first = List.copyOf(first);
        spares = Set.copyOf(spares);
    }

    /** Decides by the row as it was read; a row that changed meanwhile is decided again. */
    public static Homecoming of(AgentView view, Observed observed, NodeName self, RowSeen row) {
        boolean kills =
                switch (observed) {
                    case Observed.Nothing _ -> false;
                    case Alive alive -> !isKept(view, alive, self, row);
                };
        return new Homecoming(
                List.of(new JournalRecord.Seen(row.version(), row.epoch())), kills, row.needed());
    }

    /**
     * A guest that never stopped and that the row leaves to this node, and the memory of a
     * hand-over that is not finished.
     */
    private static boolean isKept(AgentView view, Alive alive, NodeName self, RowSeen row) {
        JournalRecord.Claim last = view.claim();
        boolean claimed = last != null && last.process().equals(alive.process());
        boolean owns = row.owner().equals(self) && row.ownerMayRun();
        boolean waits = self.equals(row.prior()) && alive.state() == State.POSTMIGRATE;
        return claimed && (owns || waits);
    }
}
