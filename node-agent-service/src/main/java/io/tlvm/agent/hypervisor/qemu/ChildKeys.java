package io.tlvm.agent.hypervisor.qemu;

import java.io.IOException;
import java.io.OutputStream;

/**
 * The two keys of a VM's swtpm on their way to its guardian. Nothing is held here: each line is
 * written straight from the key that the caller owns and wipes.
 *
 * <p>swtpm(8): the state key encrypts the state files, the migration key what QEMU carries to
 * another host. With only the first, swtpm hands QEMU plain state.
 *
 * @param state writes the state key, 64 hex digits and a line feed
 * @param migration writes the migration key alike; both ends of a migration have the same
 */
public record ChildKeys(Line state, Line migration) {
    /** Writes one key to the guardian's standard input. */
    @FunctionalInterface
    public interface Line {
        void writeTo(OutputStream guardian) throws IOException;
    }
}
