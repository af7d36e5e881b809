package io.tlvm.vm.event;

import io.tlvm.vm.machine.MachineView;

import java.util.List;
import java.util.Optional;

/**
 * Changes of VMs, in an order without gaps: a token stands for everything that was committed before
 * it.
 */
public interface VmChanges {

    /** Where a watcher stands. Opaque to clients. */
    record Token(String text) {}

    /** What is there, and what follows it. */
    record Snapshot(List<MachineView> machines, Token token) {}

    /** One VM that changed; several changes in a row appear as the last one. */
    sealed interface Change {
        /** New to somebody who knows everything up to the token before. */
        record Added(MachineView machine) implements Change {}

        /** Changed. */
        record Modified(MachineView machine) implements Change {}

        /** Purged. */
        record Gone(MachineView machine) implements Change {}
    }

    /** The changes after a token. */
    record Batch(List<Change> changes, Token token) {}

    /** Everything in the project, not what is purged. */
    Snapshot snapshot(String project);

    /**
     * What changed since; empty when the token is of another database, whose history is not ours.
     */
    Optional<Batch> since(String project, Token token);
}
