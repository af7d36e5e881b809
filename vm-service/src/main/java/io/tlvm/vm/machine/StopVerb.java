package io.tlvm.vm.machine;

/** Stops a VM. */
public final class StopVerb implements Verb {
    private final Power power;

    public StopVerb(Power power) {
        this.power = power;
    }

    @Override
    public String kind() {
        return "StopVirtualMachine";
    }

    @Override
    public void run(Course course) throws InterruptedException {
        if (course.work() instanceof Work.Stop(var mode, var patience)) {
            power.stop(course, mode, patience);
        }
    }
}
