package io.tlvm.acceptance.fault;

/** What is killed with signal 9. Source is node-a, target is node-b. */
public enum Victim {
    VM_SERVICE,
    SOURCE_AGENT,
    TARGET_AGENT,
    SOURCE_QEMU,
    TARGET_QEMU,
    SOURCE_SWTPM,
    TARGET_SWTPM
}
