package io.tlvm.vm.machine;

import com.google.rpc.Status;

import io.tlvm.foundation.operation.OperationHandler;
import io.tlvm.foundation.operation.OperationOutcome;
import io.tlvm.foundation.operation.OperationProgress;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.vm.refusal.ImageRefusal;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.StoreUnavailable;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/** Runs a {@link Verb} as an operation; its end is written to the VM as well. */
public final class VerbHandler implements OperationHandler {

    /** A service that restarts is back within this time. */
    private static final Duration CATALOG_PATIENCE = Duration.ofMinutes(2);

    private static final Duration REST = Duration.ofSeconds(2);

    private final Verb verb;
    private final MachineRecords records;
    private final PublicForm form;
    private final Clock clock;

    public VerbHandler(Verb verb, MachineRecords records, PublicForm form, Clock clock) {
        this.verb = verb;
        this.records = records;
        this.form = form;
        this.clock = clock;
    }

    @Override
    public String kind() {
        return verb.kind();
    }

    @Override
    public OperationOutcome run(OperationRecord operation, OperationProgress progress)
            throws InterruptedException {
        try {
            var course = new Course(operation, progress, records, form);
            try {
                verb.run(course);
            } catch (VmRefused refused) {
                return ended(course, operation, refused);
            }
            records.lastError(course.uid(), Optional.empty());
            return new OperationOutcome.Succeeded(form.response(course.view()));
        } catch (VmRefused gone) {
            return new OperationOutcome.Failed(form.error(gone.why()));
        } catch (StoreUnavailable outage) {
            return new OperationOutcome.Later(REST);
        }
    }

    private OperationOutcome ended(Course course, OperationRecord operation, VmRefused refused) {
        Status error = form.error(refused.why());
        if (refused.why() instanceof ImageRefusal.CatalogSilent
                && clock.instant().isBefore(operation.createTime().plus(CATALOG_PATIENCE))) {
            return new OperationOutcome.Later(REST);
        }
        records.lastError(course.uid(), Optional.of(error));
        return refused.why() instanceof MachineRefusal.OperationCancelled
                ? new OperationOutcome.Cancelled(error)
                : new OperationOutcome.Failed(error);
    }
}
