package io.tlvm.ownership.invariant;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.invariant.Cluster.Copy;
import io.tlvm.ownership.invariant.Cluster.Qemu;
import io.tlvm.ownership.invariant.Cluster.Site;
import io.tlvm.ownership.row.GuestIdentity;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The invariants of ownership that one VM's snapshot, or two successive ones, can show. Numbers are
 * those of the documentation; I5 to I7 and I9 to I11 speak of wires, keys, processes and audit and
 * have their checks there.
 */
public final class Invariants {
    private Invariants() {}

    private static final List<BiFunction<Cluster, Cluster, Optional<Breach>>> ALL =
            List.of(
                    (before, now) -> oneNodeRuns(now),
                    Invariants::epochsGrowAndHaveOneClaimer,
                    (before, now) -> whatRunsIsTheLastState(now),
                    (before, now) -> theLastStateIsKept(now),
                    Invariants::oneTpmForEver,
                    Invariants::nothingStartsAgainstTheRow);

    /**
     * The first invariant that does not hold at {@code now}, or on the way there from {@code
     * before}.
     */
    public static Optional<Breach> check(Cluster before, Cluster now) {
        for (BiFunction<Cluster, Cluster, Optional<Breach>> invariant : ALL) {
            Optional<Breach> breach = invariant.apply(before, now);
            if (breach.isPresent()) {
                return breach;
            }
        }
        return Optional.empty();
    }

    /** I1: at most one node runs vCPUs of the VM. */
    public static Optional<Breach> oneNodeRuns(Cluster now) {
        int running = 0;
        for (Site site : now.sites()) {
            running += isRunning(site) ? 1 : 0;
        }
        return running > 1 ? breach("I1", running + " nodes run the guest") : Optional.empty();
    }

    /**
     * I2: the row's epoch only grows, a node claims only upwards, and no two nodes claim one epoch.
     */
    public static Optional<Breach> epochsGrowAndHaveOneClaimer(Cluster before, Cluster now) {
        if (now.row().epoch().isBefore(before.row().epoch())) {
            return breach(
                    "I2",
                    "epoch went back from " + before.row().epoch() + " to " + now.row().epoch());
        }
        Set<Epoch> claimed = new HashSet<>();
        for (Site site : now.sites()) {
            if (!site.claimed().equals(Epoch.NONE) && !claimed.add(site.claimed())) {
                return breach("I2", "two nodes claimed epoch " + site.claimed());
            }
            if (site.claimed().isBefore(at(before, site.node()).claimed())) {
                return breach(
                        "I2",
                        site.node() + " claimed epoch " + site.claimed() + " after a higher one");
            }
        }
        return Optional.empty();
    }

    /** I3: what runs has the last TPM state, and no two processes write one directory. */
    public static Optional<Breach> whatRunsIsTheLastState(Cluster now) {
        Set<StateRef> written = new HashSet<>();
        for (Site site : now.sites()) {
            Qemu qemu = site.qemu();
            if (qemu == null) {
                continue;
            }
            if (qemu.running() && qemu.seq() < now.lastSeq()) {
                return breach(
                        "I3",
                        site.node() + " runs on TPM state " + qemu.seq() + " of " + now.lastSeq());
            }
            if (!written.add(qemu.directory())) {
                return breach("I3", "two processes write " + qemu.directory());
            }
        }
        return Optional.empty();
    }

    /**
     * I4: an intact copy of the last state exists, state_ref names a directory that exists, and
     * what runs runs on one.
     */
    public static Optional<Breach> theLastStateIsKept(Cluster now) {
        for (Site site : now.sites()) {
            Qemu qemu = site.qemu();
            if (qemu != null && qemu.running() && !now.copies().containsKey(qemu.directory())) {
                return breach(
                        "I4",
                        site.node() + " runs on " + qemu.directory() + ", which was destroyed");
            }
        }
        OwnershipRow row = now.row();
        StateRef named = row.stateRef();
        if (named == null || row.phase() instanceof Phase.Purged) {
            return Optional.empty();
        }
        Copy copy = now.copies().get(named);
        if (copy == null) {
            return breach("I4", "state_ref names " + named + ", which was destroyed");
        }
        if (!copy.sealed()) {
            return breach("I4", "state_ref names " + named + ", which is not complete");
        }
        return copy.seq() == now.lastSeq()
                        || now.copies().values().stream()
                                .anyMatch(other -> other.sealed() && other.seq() == now.lastSeq())
                ? Optional.empty()
                : breach("I4", "no copy holds TPM state " + now.lastSeq());
    }

    /** I8: a VM that has a TPM never gets another one, and never runs with another one. */
    public static Optional<Breach> oneTpmForEver(Cluster before, Cluster now) {
        GuestIdentity recorded = before.row().identity();
        if (recorded == null) {
            return Optional.empty();
        }
        if (now.tpmsMade() > before.tpmsMade()) {
            return breach("I8", "a TPM was made for a VM that has one");
        }
        GuestIdentity still = now.row().identity();
        if (!recorded.equals(still)) {
            return breach("I8", "the recorded identity changed");
        }
        for (Site site : now.sites()) {
            Qemu qemu = site.qemu();
            Copy copy = qemu == null ? null : now.copies().get(qemu.directory());
            if (isRunning(site)
                    && copy != null
                    && !copy.ekFingerprint().equals(recorded.ekFingerprint())) {
                return breach("I8", site.node() + " runs with another TPM than the one recorded");
            }
        }
        return Optional.empty();
    }

    /** I12: nothing runs and nothing is claimed against the row as it is now. */
    public static Optional<Breach> nothingStartsAgainstTheRow(Cluster before, Cluster now) {
        OwnershipRow row = now.row();
        for (Site site : now.sites()) {
            boolean owner = site.node().equals(row.owner());
            if (!site.claimed().equals(at(before, site.node()).claimed())
                    && !(owner
                            && site.claimed().equals(row.epoch())
                            && row.phase() instanceof Phase.Running)) {
                return breach(
                        "I12",
                        site.node() + " claimed epoch " + site.claimed() + " against the row");
            }
            if (isRunning(site) && !(owner && mayRun(row.phase()))) {
                return breach("I12", site.node() + " runs the guest against the row");
            }
        }
        return Optional.empty();
    }

    private static boolean mayRun(Phase phase) {
        return switch (phase) {
            case Phase.Running _, Phase.Migrating _, Phase.Handover _ -> true;
            case Phase.Creating _,
                    Phase.Stopped _,
                    Phase.Released _,
                    Phase.Recovering _,
                    Phase.Deleting _,
                    Phase.Purged _,
                    Phase.Quarantined _ ->
                    false;
        };
    }

    private static boolean isRunning(Site site) {
        Qemu qemu = site.qemu();
        return qemu != null && qemu.running();
    }

    private static Site at(Cluster cluster, NodeName node) {
        for (Site site : cluster.sites()) {
            if (site.node().equals(node)) {
                return site;
            }
        }
        throw new IllegalArgumentException("two snapshots of different nodes: " + node);
    }

    private static Optional<Breach> breach(String invariant, String what) {
        return Optional.of(new Breach(invariant, what));
    }
}
