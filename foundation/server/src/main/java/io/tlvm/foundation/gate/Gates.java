package io.tlvm.foundation.gate;

/** Named places where a test can hold a service. */
@FunctionalInterface
public interface Gates {

    /** Production's gates: always open. */
    Gates OPEN = name -> {};

    /**
     * Returns at once unless a test holds the gate; then when the test lets go.
     *
     * @throws InterruptedException when the thread is to end
     */
    void pass(String name) throws InterruptedException;
}
