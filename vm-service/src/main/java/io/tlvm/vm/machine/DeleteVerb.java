package io.tlvm.vm.machine;

import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.ownership.row.Phase.StopMode;
import io.tlvm.vm.ownership.OwnershipDriver;
import io.tlvm.vm.ownership.OwnershipRows;
import io.tlvm.vm.ownership.RowWait;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Deletes a VM. What a create left half made is purged whatever the retention says: no guest ever
 * ran from it. Without retention everything is purged at once.
 */
public final class DeleteVerb implements Verb {

    /**
     * How long a purge waits for the receipts; nodes that are away owe theirs for as long as it
     * takes.
     */
    private static final Duration RECEIPTS_MAX = Duration.ofSeconds(60);

    private final MachineRecords records;
    private final OwnershipRows rows;
    private final OwnershipDriver driver;
    private final RowWait wait;
    private final Power power;
    private final Clock clock;

    public DeleteVerb(
            MachineRecords records,
            OwnershipRows rows,
            OwnershipDriver driver,
            RowWait wait,
            Power power,
            Clock clock) {
        this.records = records;
        this.rows = rows;
        this.driver = driver;
        this.wait = wait;
        this.power = power;
        this.clock = clock;
    }

    @Override
    public String kind() {
        return "DeleteVirtualMachine";
    }

    @Override
    public void run(Course course) throws InterruptedException {
        if (!(course.work() instanceof Work.Delete(var force, var retain))) {
            return;
        }
        Optional<OwnershipRow> row = driver.read(course.uid());
        if (row.isEmpty()) {
            records.remove(course.uid(), course.op());
            return;
        }
        if (row.get().phase() instanceof Phase.Creating) {
            purge(course);
            return;
        }
        if (driver.require(course.uid()).phase() instanceof Phase.Running && force) {
            power.stop(course, StopMode.FORCED, Duration.ZERO);
        }
        switch (driver.require(course.uid()).phase()) {
            case Phase.Stopped _, Phase.Quarantined _ -> {
                course.at("DELETE", "its guest state is kept for " + retain);
                driver.apply(
                        course.uid(),
                        new Event.DeleteAsked(course.op(), course.asked().plus(retain)));
            }
            case Phase.Deleting _, Phase.Purged _ -> {
                // done before
            }
            case Phase.Running _,
                    Phase.Migrating _,
                    Phase.Handover _,
                    Phase.Released _,
                    Phase.Recovering _,
                    Phase.Creating _ ->
                    throw new VmRefused(
                            new MachineRefusal.WrongPowerState(
                                    course.name(), "RUNNING", "STOPPED", "delete"));
        }
        if (retain.isZero()) {
            purge(course);
        }
    }

    private void purge(Course course) throws InterruptedException {
        course.at("PURGE", "destroying its guest state and disks");
        driver.apply(
                course.uid(),
                new Event.PurgeAsked(course.op(), new TreeSet<>(rows.holders(course.uid()))));
        wait.until(
                course.uid(),
                clock.instant().plus(RECEIPTS_MAX),
                row -> row.phase() instanceof Phase.Purged(_, var owed) && owed.isEmpty());
    }
}
