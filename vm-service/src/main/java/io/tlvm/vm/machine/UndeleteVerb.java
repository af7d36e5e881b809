package io.tlvm.vm.machine;

import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.ownership.OwnershipDriver;

/** Takes a delete back. */
public final class UndeleteVerb implements Verb {
    private final OwnershipDriver driver;

    public UndeleteVerb(OwnershipDriver driver) {
        this.driver = driver;
    }

    @Override
    public String kind() {
        return "UndeleteVirtualMachine";
    }

    @Override
    public void run(Course course) throws InterruptedException {
        if (!(driver.require(course.uid()).phase() instanceof Phase.Stopped)) {
            course.at("UNDELETE", "taking the delete back");
            driver.apply(course.uid(), new Event.UndeleteAsked(course.op()));
        }
    }
}
