package io.tlvm.agent.machine;

import io.tlvm.ownership.id.StateRef;

import java.util.List;

/**
 * What a fenced node did with what it had of one machine.
 *
 * @param killed whether processes lived and were killed
 * @param destroyed directories that no row needs any more
 */
public record Returned(boolean killed, List<StateRef> destroyed) {
    /** Keeps an unmodifiable list. */
    public Returned {
        destroyed = List.copyOf(destroyed);
    }
}
