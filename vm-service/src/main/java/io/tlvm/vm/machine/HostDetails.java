package io.tlvm.vm.machine;

/**
 * Paths and process ids on the node, for debugging; nodes tell them only if their configuration
 * says so.
 */
public record HostDetails(
        String runDirectory,
        String observerSocket,
        String controlSocket,
        String tickSocket,
        String serialLog,
        long qemuPid,
        long swtpmPid,
        long guardianPid,
        String stateDirectory) {}
