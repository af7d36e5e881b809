package io.tlvm.agent.hypervisor.qemu;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * swtpm's argument list, without the keys: the guardian passes those by descriptor and adds the
 * options for them.
 *
 * <p>And without {@code --log}: errors go to standard error, which the guardian keeps, and a higher
 * level would write NV content and state blobs in clear.
 */
public record SwtpmCommandLine(List<String> arguments) {
    private static final Pattern PLAIN = Pattern.compile("/[A-Za-z0-9._/-]+");

    public SwtpmCommandLine {
        arguments = List.copyOf(arguments);
    }

    /**
     * The arguments for a VM's TPM.
     *
     * @param state the directory with {@code tpm2-00.permall}; an empty one makes swtpm manufacture
     *     a new TPM, silently
     */
    public static SwtpmCommandLine of(Path swtpm, Path state, RunDirectory run) {
        if (!PLAIN.matcher(state.toString()).matches()) {
            throw new IllegalArgumentException(
                    "TPM state directory " + state + " is not a plain absolute path");
        }
        return new SwtpmCommandLine(
                List.of(
                        swtpm.toString(),
                        "socket",
                        "--tpm2",
                        "--tpmstate",
                        "dir=" + state + ",mode=0600",
                        "--ctrl",
                        "type=unixio,path=" + run.swtpmSocket() + ",mode=0600",
                        "--terminate"));
    }
}
