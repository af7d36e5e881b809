package io.tlvm.ownership.invariant;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.OwnershipRow;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/**
 * One VM as it is at one instant, on all nodes. Whoever looks from outside fills in what it can
 * see.
 *
 * @param sites every node
 * @param copies every directory of guest state that exists, on any node
 * @param lastSeq number of the last change that the guest made to its TPM; 0 right after it was
 *     made
 * @param tpmsMade how many TPMs were ever manufactured for this VM, leftovers of withdrawn creates
 *     included
 */
public record Cluster(
        OwnershipRow row, List<Site> sites, Map<StateRef, Copy> copies, int lastSeq, int tpmsMade) {

    public Cluster {
        sites = List.copyOf(sites);
        copies = Map.copyOf(copies);
    }

    /**
     * One node.
     *
     * @param claimed the highest epoch that this node ever claimed; {@link Epoch#NONE} if it never
     *     did
     * @param qemu the VM's QEMU there, or null
     */
    public record Site(NodeName node, Epoch claimed, @Nullable Qemu qemu) {}

    /**
     * A QEMU with its swtpm.
     *
     * @param running true while its vCPUs run
     * @param directory where it writes
     * @param seq the last change that the TPM in its memory knows
     */
    public record Qemu(boolean running, StateRef directory, int seq) {}

    /**
     * A directory of guest state.
     *
     * @param seq the last change that it holds
     * @param sealed it is complete and its MANIFEST says so
     * @param ekFingerprint which TPM it holds; empty while it holds none
     */
    public record Copy(int seq, boolean sealed, String ekFingerprint) {}
}
