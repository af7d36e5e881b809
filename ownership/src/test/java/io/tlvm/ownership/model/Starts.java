package io.tlvm.ownership.model;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.model.Budget.Limit;
import io.tlvm.ownership.model.World.Site;
import io.tlvm.ownership.row.OwnershipRow;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where a search begins; reached by the protocol's own steps, with nothing going wrong. */
final class Starts {
    static final NodeName A = new NodeName("a");
    static final NodeName B = new NodeName("b");
    static final VmUid VM = new VmUid("c0ffee00-0000-4000-8000-000000000000");

    private Starts() {}

    /** The row was just inserted. */
    static World creating(Budget left) {
        World empty =
                new World(
                        OwnershipRow.create(VM, A, Replicas.op(1)),
                        List.of(Site.of(A), Site.of(B)),
                        Map.of(),
                        Set.of(),
                        Set.of(),
                        left,
                        0,
                        0);
        return new Replicas(Protocol.REAL).commit(empty, empty.row());
    }

    static World stopped(Budget left) {
        return after(
                        creating(Budget.NONE),
                        "Create does MakeState",
                        "Creating + StateCreated = Stopped")
                .with(left);
    }

    static World running(Budget left) {
        World stopped = stopped(Budget.NONE.with(Limit.STARTS, 1));
        return after(
                        stopped,
                        "Stopped + StartAsked = Running",
                        "Run does ColdStart",
                        "ACTIVATED journaled",
                        "Running + Activated = Running")
                .with(left.startingAt(2));
    }

    private static World after(World start, String... tags) {
        Explorer steps = new Explorer(Protocol.REAL);
        World world = start;
        for (String tag : tags) {
            world =
                    steps.moves(world).stream()
                            .filter(move -> move.tag().equals(tag))
                            .findFirst()
                            .orElseThrow(() -> new IllegalStateException("no step " + tag))
                            .next();
        }
        return world;
    }
}
