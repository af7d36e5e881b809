package io.tlvm.vm.machine;

import com.google.rpc.Status;

import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.vm.migration.Measured;
import io.tlvm.vm.node.StoragePath;
import io.tlvm.vm.placement.Candidate;
import io.tlvm.vm.placement.Choice;

import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/** Where VMs and their operations' arguments live. Every method is one transaction. */
public interface MachineRecords {

    /**
     * A page: at most {@code limit}, those whose name follows {@code after}, in the order of names.
     */
    record Wanted(String project, String after, int limit, boolean deletedToo) {}

    /** The VM; also a deleted one, not a purged one. */
    Optional<MachineView> find(MachineName name);

    /** The VM, whatever became of it. */
    Optional<MachineView> find(VmUid uid);

    /** A page of VMs. */
    List<MachineView> list(Wanted wanted);

    /** Names in the project that resemble {@code name}, at most three. */
    List<String> similar(MachineName name);

    /** Inserts the VM in state CREATING with its operation, and remembers the request. */
    Begun create(
            NewMachine machine,
            Machines.UserIds userIds,
            OperationRecord operation,
            Work work,
            Asked asked);

    /**
     * Inserts an operation on the VM unless another one is unfinished, and remembers the request.
     */
    Begun begin(OperationRecord operation, Work work, Asked asked);

    /** The operation that the same request began before, if any. */
    Optional<Begun> repeated(Asked asked);

    /** What the operation is to do. */
    Work work(OperationName operation);

    /** The same by the id that rows know; empty when the operation is not kept any more. */
    Optional<Work> workOf(OperationId op);

    /** RESOLVE_IMAGE: pins the content, once. */
    void pin(VmUid uid, PinnedImage image);

    /**
     * PLACE: hands all nodes with their use, locked, and all storage paths to {@code choose},
     * inserts the ownership row of what it chose, and records the storage path. A repeated call
     * returns the row that is there.
     */
    OwnershipRow place(
            VmUid uid,
            OperationId op,
            BiFunction<List<Candidate>, List<StoragePath>, Choice> choose);

    /** The nodes with their use and the storage paths, for a dry run. */
    <T> T survey(BiFunction<List<Candidate>, List<StoragePath>, T> look);

    /** Changes the provisioning; counts as a change that etags show. */
    void provision(VmUid uid, Provisioning provisioning);

    /** Records or clears why the last operation failed. */
    void lastError(VmUid uid, Optional<Status> error);

    /**
     * What an owner says of one VM: how it changes what was known.
     *
     * @param host identity when it speaks of a run before the present one
     */
    record Sighting(
            VmUid uid,
            UnaryOperator<List<Condition>> conditions,
            UnaryOperator<Optional<HostDetails>> host) {}

    /** Takes what an owner says of its VMs; what says nothing new is not written. */
    void observe(List<Sighting> sightings);

    /** Adds to the migration record if it is of the same operation. */
    void note(VmUid uid, Measured measured);
}
