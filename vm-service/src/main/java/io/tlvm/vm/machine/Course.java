package io.tlvm.vm.machine;

import io.tlvm.foundation.operation.OperationProgress;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Instant;
import java.util.List;

/** One operation while it is worked on: what it is to do, to which VM, and how far it is. */
public final class Course {
    private final OperationRecord operation;
    private final OperationProgress progress;
    private final MachineRecords records;
    private final PublicForm form;
    private final Work work;
    private final VmUid uid;

    Course(
            OperationRecord operation,
            OperationProgress progress,
            MachineRecords records,
            PublicForm form) {
        this.operation = operation;
        this.progress = progress;
        this.records = records;
        this.form = form;
        this.work = records.work(operation.name());
        MachineName name = MachineName.parse(operation.target());
        this.uid =
                records.find(name)
                        .orElseThrow(
                                () ->
                                        new VmRefused(
                                                new MachineRefusal.NotFound(
                                                        name.toString(), List.of())))
                        .machine()
                        .uid();
    }

    /** The operation's id, as rows and agents know it. */
    public OperationId op() {
        return new OperationId(operation.name().id().toString());
    }

    /** The operation's full name. */
    public String operation() {
        return operation.name().toString();
    }

    public Work work() {
        return work;
    }

    public VmUid uid() {
        return uid;
    }

    /** Name of the VM. */
    public String name() {
        return operation.target();
    }

    /**
     * When the operation was asked for; bounds are counted from there, so that a restart does not
     * prolong them.
     */
    public Instant asked() {
        return operation.createTime();
    }

    /** The VM as it is now. */
    public MachineView view() {
        return records.find(uid)
                .orElseThrow(
                        () ->
                                new VmRefused(
                                        new MachineRefusal.NotFound(
                                                operation.target(), List.of())));
    }

    /** Shows the step. */
    public void at(String step, String message) throws InterruptedException {
        progress.at(
                step,
                form.metadata(
                        MachineName.parse(operation.target()),
                        work,
                        step,
                        message,
                        operation.createTime(),
                        operation.requester(),
                        view().machine().migration().filter(record -> record.op().equals(op()))));
    }

    /** Whether somebody wants the operation to end; as fresh as the last heartbeat or step. */
    public boolean cancelRequested() {
        return progress.cancelRequested();
    }

    /**
     * Ends the operation if somebody wants that; called where nothing is half done.
     *
     * @throws VmRefused OperationCancelled
     */
    public void endIfCancelled() {
        if (progress.cancelRequested()) {
            throw new VmRefused(new MachineRefusal.OperationCancelled(operation(), work.verb()));
        }
    }
}
