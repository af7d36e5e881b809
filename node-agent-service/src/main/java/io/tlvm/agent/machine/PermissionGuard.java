package io.tlvm.agent.machine;

import io.tlvm.agent.gueststate.StateDirectory;
import io.tlvm.agent.gueststate.StateTree;
import io.tlvm.agent.permission.Drift;
import io.tlvm.agent.permission.Permissions;
import io.tlvm.agent.permission.Permissions.Finding;
import io.tlvm.agent.permission.StatePermissions;
import io.tlvm.agent.permission.Wanted;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.ownership.id.StateRef;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps owner and mode of one machine's guest state exact (I10). It looks between two steps of the
 * machine's queue, so it never meets a directory that is being made, and only at directories that
 * this node's journal names: on a shared path the others are another agent's.
 */
final class PermissionGuard {
    private static final Logger LOG = Logger.getLogger(PermissionGuard.class);

    private final Workbench bench;
    private volatile long found;
    private volatile long nextLook = System.nanoTime();

    private volatile String beyondRepair = "";

    PermissionGuard(Workbench bench) {
        this.bench = bench;
    }

    /** Drifts found since the agent's start. */
    long found() {
        return found;
    }

    /** What the last look could not mend; empty when everything is exact. */
    String beyondRepair() {
        return beyondRepair;
    }

    boolean isDue() {
        return System.nanoTime() - nextLook >= 0;
    }

    /** Looks at every directory of the machine on this node, and mends what differs. */
    void look() throws IOException {
        nextLook = System.nanoTime() + bench.equipment.limits().permissions().toNanos();
        Optional<StateTree> reached =
                bench.spec()
                        .flatMap(spec -> bench.equipment.storage().look(spec.getStorage()).tree());
        if (reached.isEmpty()) {
            return; // What a node does not reach it reports itself.
        }
        StateTree tree = reached.get();
        Set<StateRef> refs = new LinkedHashSet<>(tree.contents(bench.vm).refs());
        refs.retainAll(bench.ownDirectories());
        List<String> left = new ArrayList<>();
        for (StateRef ref : refs) {
            Optional<StateDirectory> directory = tree.open(bench.vm, ref);
            if (directory.isPresent()) {
                for (Finding finding : permissions(directory.get()).examine()) {
                    mend(finding).ifPresent(left::add);
                }
            }
        }
        beyondRepair = String.join("; ", left);
    }

    /**
     * Why nothing may start from a directory: its key or its seal may have been in other hands.
     *
     * @return empty when they were not, and when there is no such directory
     */
    Optional<String> exposedKeys(StateRef ref) throws IOException {
        Optional<StateDirectory> directory = bench.tree().open(bench.vm, ref);
        if (directory.isEmpty()) {
            return Optional.empty();
        }
        return permissions(directory.get()).examine().stream()
                .filter(finding -> finding.wanted().guards() == Wanted.Guards.KEY_MATERIAL)
                .map(Finding::drift)
                .map(Drift::message)
                .findFirst();
    }

    private Permissions permissions(StateDirectory directory) throws IOException {
        FileOwner user = bench.equipment.ownerOf(bench.blueprint().spec());
        return StatePermissions.of(directory, user);
    }

    private Optional<String> mend(Finding finding) throws IOException {
        String what = finding.drift().message();
        boolean mended = Permissions.mend(finding);
        if (mended || !beyondRepair.contains(what)) {
            found++;
            bench.equipment.drifts().run();
            LOG.warnf(
                    "vm=%s guest-state permission drift %s: %s",
                    bench.vm, mended ? "repaired" : "found, beyond repair", what);
        }
        return mended ? Optional.empty() : Optional.of(what);
    }
}
