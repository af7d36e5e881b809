package io.tlvm.agent.tpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.util.List;

/**
 * How swtpm of one machine is started. There is no key in it: the guardian process, which alone has
 * the keys on a descriptor, adds {@code --key} and {@code --migration-key}.
 *
 * @param stateDirectory the directory {@code tpm/}, owned by the user that swtpm runs under, mode
 *     0700
 * @param controlSocket where QEMU connects to, in the machine's short run directory
 * @param log where swtpm writes its messages; a level above 1 writes state in clear (measured at
 *     20)
 */
public record SwtpmCommandLine(Path stateDirectory, Path controlSocket, Path log) {
    /** unix(7): sun_path has 108 bytes, one of them for the end. */
    private static final int SOCKET_PATH_MAX = 107;

    /** Refuses paths that swtpm would misread. */
    public SwtpmCommandLine {
        requirePlain(stateDirectory);
        requirePlain(controlSocket);
        requirePlain(log);
        if (controlSocket.toString().getBytes(UTF_8).length > SOCKET_PATH_MAX) {
            throw new IllegalArgumentException(
                    "the control socket's path has more than %d bytes: %s"
                            .formatted(SOCKET_PATH_MAX, controlSocket));
        }
    }

    /** Program and arguments, one element each. */
    public List<String> arguments() {
        return List.of(
                "swtpm",
                "socket",
                "--tpm2",
                "--tpmstate",
                "dir=" + stateDirectory + ",mode=0600",
                "--ctrl",
                "type=unixio,path=" + controlSocket + ",mode=0600",
                "--terminate",
                "--log",
                "file=" + log + ",level=1");
    }

    private static void requirePlain(Path path) {
        // swtpm splits its options at commas and knows no way to quote one
        if (!path.isAbsolute() || path.toString().indexOf(',') >= 0) {
            throw new IllegalArgumentException(
                    "swtpm needs an absolute path without a comma, not " + path);
        }
    }
}
