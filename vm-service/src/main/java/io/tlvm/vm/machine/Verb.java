package io.tlvm.vm.machine;

/**
 * Does one kind of work. Looks at what is there and goes on from it, so that it may be called again
 * after a crash.
 */
public interface Verb {

    /** Kind of the operations that it works on. */
    String kind();

    /**
     * Works until it is done.
     *
     * @throws io.tlvm.vm.refusal.VmRefused when it cannot be done; ends the operation
     */
    void run(Course course) throws InterruptedException;
}
