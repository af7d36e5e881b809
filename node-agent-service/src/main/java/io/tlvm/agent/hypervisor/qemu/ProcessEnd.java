package io.tlvm.agent.hypervisor.qemu;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How a child of the guardian ended. */
public sealed interface ProcessEnd {
    record Exited(int status) implements ProcessEnd {}

    record Signalled(int signal) implements ProcessEnd {}

    /**
     * It is gone and nobody wrote down how: the guardian was killed, and the kernel took its
     * children along.
     */
    record Unrecorded() implements ProcessEnd {}

    /** Reads an {@code *.exit} file; empty when there is none (yet). */
    static Optional<ProcessEnd> read(Path file) throws IOException {
        Optional<String> text = SmallFile.read(file);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Matcher matcher = Pattern.compile("(exit|signal) (\\d{1,3})\\n").matcher(text.get());
        if (!matcher.matches()) {
            throw new IOException(file + " does not say how the process ended");
        }
        int number = Integer.parseInt(matcher.group(2));
        return Optional.of(
                matcher.group(1).equals("exit") ? new Exited(number) : new Signalled(number));
    }
}
