package io.tlvm.agent.firmware;

import io.tlvm.ownership.id.Digest;

import java.nio.file.Path;

/**
 * One firmware as it is installed on this node.
 *
 * @param kind what it is for
 * @param code the read-only flash image that QEMU runs
 * @param codeDigest SHA-256 of that image
 * @param variableTemplate the variables that a new machine begins with
 * @param variableSize the exact size of every variable store of this firmware, in bytes
 */
public record FirmwareImage(
        FirmwareKind kind, Path code, Digest codeDigest, Path variableTemplate, int variableSize) {
    /**
     * Names the code by content, the same on every node that has it: {@code <file name>@sha256:<64
     * digits>}.
     */
    public String id() {
        return code.getFileName() + "@" + codeDigest;
    }
}
