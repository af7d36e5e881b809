package io.tlvm.agent.hypervisor.qemu;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * A raw disk image. Always opened as raw, never probed: a guest can write another format's header
 * into its first sector.
 *
 * @param node QEMU's name of the block node, unique in the machine; jobs and exports name it. The
 *     device is {@code disk-<node>}
 * @param file absolute path of the image
 * @param readOnly the guest cannot write it
 */
public record Disk(String node, Path file, boolean readOnly) {
    private static final Pattern NODE = Pattern.compile("[a-z][a-z0-9]{0,19}");

    public Disk {
        if (!NODE.matcher(node).matches()) {
            throw new IllegalArgumentException(
                    "disk node name '" + node + "' is not a letter and up to 19 letters or digits");
        }
        if (!file.isAbsolute()) {
            throw new IllegalArgumentException("disk " + node + ": " + file + " is not absolute");
        }
    }
}
