package io.tlvm.ownership.row;

import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * Who may run a VM, from which directory: one row per VM, changed only by compare-and-swap on
 * {@code version}.
 *
 * @param epoch the fencing token under which {@code owner} owns the VM
 * @param attemptEpoch the highest epoch ever drawn for an attempt; never cleared, so that no number
 *     serves twice
 * @param stateRef the one directory that a start reads; null until the state was made
 * @param identity what create recorded of the TPM; null until then
 * @param prior the source of the last hand-over or recovery, kept until the new owner said that the
 *     guest runs
 * @param cleanUps what nodes still have to destroy
 */
public record OwnershipRow(
        VmUid vm,
        RowVersion version,
        Epoch epoch,
        Epoch attemptEpoch,
        NodeName owner,
        @Nullable StateRef stateRef,
        @Nullable GuestIdentity identity,
        @Nullable Prior prior,
        Phase phase,
        List<CleanUp> cleanUps) {

    /** The owner before a hand-over, with the directory and the epoch under which it owned. */
    public record Prior(NodeName owner, StateRef stateRef, Epoch epoch) {}

    public OwnershipRow {
        cleanUps = List.copyOf(cleanUps);
        if (prior != null && stateRef == null) {
            throw new IllegalArgumentException("a hand-over without a state_ref");
        }
    }

    /** The row that PLACE inserts: epoch 1, nothing made yet. */
    public static OwnershipRow create(VmUid vm, NodeName owner, OperationId op) {
        return new OwnershipRow(
                vm,
                RowVersion.NONE.next(),
                Epoch.NONE.next(),
                Epoch.NONE,
                owner,
                null,
                null,
                null,
                new Phase.Creating(op),
                List.of());
    }

    /** A number that served no purpose before. */
    public Epoch freshEpoch() {
        return Epoch.max(epoch, attemptEpoch).next();
    }

    /** The directory to start from; every phase after CREATING has one. */
    public StateRef requireStateRef() {
        if (stateRef == null) {
            throw new IllegalStateException("VM " + vm + " has no guest state yet");
        }
        return stateRef;
    }

    OwnershipRow to(Phase next) {
        return new OwnershipRow(
                vm,
                version.next(),
                epoch,
                attemptEpoch,
                owner,
                stateRef,
                identity,
                prior,
                next,
                cleanUps);
    }

    OwnershipRow withEpoch(Epoch drawn) {
        return new OwnershipRow(
                vm,
                version,
                drawn,
                attemptEpoch,
                owner,
                stateRef,
                identity,
                prior,
                phase,
                cleanUps);
    }

    OwnershipRow withAttemptEpoch(Epoch drawn) {
        return new OwnershipRow(
                vm, version, epoch, drawn, owner, stateRef, identity, prior, phase, cleanUps);
    }

    OwnershipRow ownedBy(NodeName node, StateRef directory) {
        return new OwnershipRow(
                vm,
                version,
                epoch,
                attemptEpoch,
                node,
                directory,
                identity,
                prior,
                phase,
                cleanUps);
    }

    OwnershipRow createdBy(NodeName node) {
        return new OwnershipRow(
                vm, version, epoch, attemptEpoch, node, null, null, null, phase, cleanUps);
    }

    OwnershipRow withIdentity(GuestIdentity made) {
        return new OwnershipRow(
                vm, version, epoch, attemptEpoch, owner, stateRef, made, prior, phase, cleanUps);
    }

    OwnershipRow withPrior(@Nullable Prior kept) {
        return new OwnershipRow(
                vm, version, epoch, attemptEpoch, owner, stateRef, identity, kept, phase, cleanUps);
    }

    /** The last hand-over is over: what its source still has of the VM is to be destroyed (R7). */
    OwnershipRow retiringPrior(OperationId op) {
        return prior == null
                ? this
                : withPrior(null)
                        .owing(
                                new CleanUp(
                                        CleanUp.Kind.RETIRE,
                                        prior.owner(),
                                        op,
                                        prior.epoch(),
                                        prior.stateRef()));
    }

    OwnershipRow owing(CleanUp cleanUp) {
        if (cleanUps.contains(cleanUp)) {
            return this;
        }
        List<CleanUp> more = new ArrayList<>(cleanUps);
        more.add(cleanUp);
        return new OwnershipRow(
                vm, version, epoch, attemptEpoch, owner, stateRef, identity, prior, phase, more);
    }

    OwnershipRow without(CleanUp cleanUp) {
        List<CleanUp> fewer = new ArrayList<>(cleanUps);
        fewer.remove(cleanUp);
        return new OwnershipRow(
                vm, version, epoch, attemptEpoch, owner, stateRef, identity, prior, phase, fewer);
    }

    OwnershipRow owingNothing() {
        return new OwnershipRow(
                vm,
                version,
                epoch,
                attemptEpoch,
                owner,
                stateRef,
                identity,
                prior,
                phase,
                List.of());
    }
}
