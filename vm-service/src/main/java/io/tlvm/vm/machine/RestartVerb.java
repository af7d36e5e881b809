package io.tlvm.vm.machine;

import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.ownership.OwnershipDriver;

/**
 * Stops and starts a VM. That the row runs under this operation tells a repeated call that the stop
 * is behind it.
 */
public final class RestartVerb implements Verb {
    private final Power power;
    private final OwnershipDriver driver;

    public RestartVerb(Power power, OwnershipDriver driver) {
        this.power = power;
        this.driver = driver;
    }

    @Override
    public String kind() {
        return "RestartVirtualMachine";
    }

    @Override
    public void run(Course course) throws InterruptedException {
        OwnershipRow row = driver.require(course.uid());
        boolean startAsked =
                row.phase() instanceof Phase.Running(var op, _, _, _) && op.equals(course.op());
        if (!startAsked && course.work() instanceof Work.Restart(var mode, var patience)) {
            power.stop(course, mode, patience);
        }
        power.start(course);
    }
}
