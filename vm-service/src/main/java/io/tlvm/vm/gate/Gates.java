package io.tlvm.vm.gate;

/** Places where a test can hold this service. */
@FunctionalInterface
public interface Gates {

    /** Production's gates: always open. */
    Gates OPEN = name -> {};

    /** Returns at once unless a test holds the gate; then when the test lets go. */
    void pass(String name) throws InterruptedException;
}
