package io.tlvm.ownership.invariant;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.invariant.Cluster.Copy;
import io.tlvm.ownership.invariant.Cluster.Qemu;
import io.tlvm.ownership.invariant.Cluster.Site;
import io.tlvm.ownership.row.GuestIdentity;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.ownership.row.Phase.Mode;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

/**
 * Each invariant sees the harm it is named for, so a search that finds none did not look with
 * closed eyes.
 */
class InvariantsTest {
    private static final NodeName A = new NodeName("a");
    private static final NodeName B = new NodeName("b");
    private static final StateRef HERE = new StateRef("g1-00000001");
    private static final StateRef THERE = new StateRef("g3-00000003");
    private static final Phase RUNNING =
            new Phase.Running(
                    new OperationId("00000002-0000-0000-0000-000000000000"), Mode.COLD, true, null);
    private static final Map<StateRef, Copy> KEPT = Map.of(HERE, new Copy(4, true, "sha256:ek"));
    private static final Site IDLE = new Site(B, Epoch.NONE, null);
    private static final Cluster FINE =
            cluster(row(RUNNING, 2), KEPT, 1, runs(A, 2, HERE, 4), IDLE);

    @Test
    void a_vm_that_runs_where_the_row_says_is_fine() {
        assertThat(Invariants.check(FINE, FINE)).isEmpty();
    }

    @Test
    void two_nodes_that_run_the_guest_are_i1() {
        breaks("I1", cluster(row(RUNNING, 2), KEPT, 1, runs(A, 2, HERE, 4), runs(B, 3, THERE, 4)));
    }

    @Test
    void an_epoch_that_goes_back_and_one_that_two_nodes_claimed_are_i2() {
        breaks("I2", cluster(row(RUNNING, 1), KEPT, 1, runs(A, 2, HERE, 4), IDLE));
        breaks(
                "I2",
                cluster(
                        row(RUNNING, 2),
                        KEPT,
                        1,
                        runs(A, 2, HERE, 4),
                        new Site(B, new Epoch(2), null)));
        breaks("I2", cluster(row(RUNNING, 2), KEPT, 1, runs(A, 1, HERE, 4), IDLE));
    }

    @Test
    void older_state_that_runs_and_two_writers_of_a_directory_are_i3() {
        breaks("I3", cluster(row(RUNNING, 2), KEPT, 1, runs(A, 2, HERE, 3), IDLE));
        breaks(
                "I3",
                cluster(
                        row(RUNNING, 2),
                        KEPT,
                        1,
                        runs(A, 2, HERE, 4),
                        new Site(B, Epoch.NONE, new Qemu(false, HERE, 4))));
    }

    @Test
    void a_missing_an_incomplete_and_an_outdated_last_copy_are_i4() {
        breaks("I4", cluster(row(RUNNING, 2), Map.of(), 1, new Site(A, new Epoch(2), null), IDLE));
        breaks(
                "I4",
                cluster(
                        row(RUNNING, 2),
                        Map.of(HERE, new Copy(4, false, "sha256:ek")),
                        1,
                        runs(A, 2, HERE, 4),
                        IDLE));
        breaks(
                "I4",
                cluster(
                        row(RUNNING, 2),
                        Map.of(HERE, new Copy(3, true, "sha256:ek")),
                        1,
                        runs(A, 2, HERE, 4),
                        IDLE));
    }

    @Test
    void a_second_tpm_made_or_run_is_i8() {
        breaks("I8", cluster(row(RUNNING, 2), KEPT, 2, runs(A, 2, HERE, 4), IDLE));
        breaks(
                "I8",
                cluster(
                        row(RUNNING, 2),
                        Map.of(HERE, new Copy(4, true, "sha256:other")),
                        1,
                        runs(A, 2, HERE, 4),
                        IDLE));
    }

    @Test
    void what_runs_or_is_claimed_against_the_row_is_i12() {
        breaks("I12", cluster(row(new Phase.Stopped(), 2), KEPT, 1, runs(A, 2, HERE, 4), IDLE));
        breaks("I12", cluster(row(RUNNING, 2), KEPT, 1, runs(A, 3, HERE, 4), IDLE));
        breaks(
                "I12",
                cluster(
                        row(RUNNING, 2),
                        KEPT,
                        1,
                        new Site(A, new Epoch(2), null),
                        runs(B, 0, HERE, 4)));
    }

    private static void breaks(String invariant, Cluster now) {
        assertThat(Invariants.check(FINE, now)).map(Breach::invariant).contains(invariant);
    }

    private static Cluster cluster(
            OwnershipRow row, Map<StateRef, Copy> copies, int tpms, Site... sites) {
        return new Cluster(row, List.of(sites), copies, 4, tpms);
    }

    private static Site runs(NodeName node, int claimed, StateRef directory, int seq) {
        return new Site(node, new Epoch(claimed), new Qemu(true, directory, seq));
    }

    private static OwnershipRow row(Phase phase, int epoch) {
        return new OwnershipRow(
                new VmUid("c0ffee00-0000-4000-8000-000000000000"),
                new RowVersion(5),
                new Epoch(epoch),
                Epoch.NONE,
                A,
                HERE,
                new GuestIdentity("sha256:ek", ""),
                null,
                phase,
                List.of());
    }
}
