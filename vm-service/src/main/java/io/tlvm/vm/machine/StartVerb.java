package io.tlvm.vm.machine;

/** Starts a VM. */
public final class StartVerb implements Verb {
    private final Power power;

    public StartVerb(Power power) {
        this.power = power;
    }

    @Override
    public String kind() {
        return new Work.Start().kind();
    }

    @Override
    public void run(Course course) throws InterruptedException {
        power.start(course);
    }
}
