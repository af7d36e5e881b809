package io.tlvm.cli.drill;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import io.tlvm.foundation.backup.BackupPayload.TpmState;
import io.tlvm.foundation.file.TreeRemoval;

import java.io.IOException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Starts the TPM of a backup in a directory of its own and reads the certificate of its endorsement
 * key. The directory is private and, where there is one, on a file system in memory; the state in
 * it stays encrypted under a key that swtpm gets through a pipe. Both are gone afterwards.
 */
public final class TpmDrill {
    private static final Path IN_MEMORY = Path.of("/dev/shm");
    private static final String STATE = "tpm2-00.permall";
    private static final String TRAMPOLINE = "umask 077; exec 3<&0 </dev/null; exec \"$@\"";
    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL", "C");
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LOOK_EVERY = Duration.ofMillis(20);
    private static final int NO_SUCH_PROGRAM = 127;
    private static final int LOG_SHOWN = 600;

    private TpmDrill() {}

    /**
     * The certificate that the TPM itself holds.
     *
     * @return DER
     * @throws DrillFailed when swtpm does not take the state, or does not answer
     * @throws SwtpmMissing when there is none here
     * @throws IOException when the directory cannot be used
     * @throws InterruptedException when the thread is interrupted; everything is removed then too
     */
    public static byte[] endorsementKeyCertificate(TpmState state)
            throws DrillFailed, SwtpmMissing, IOException, InterruptedException {
        Path directory =
                Files.isWritable(IN_MEMORY)
                        ? Files.createTempDirectory(IN_MEMORY, "tlvm-drill-")
                        : Files.createTempDirectory("tlvm-drill-");
        try {
            return ask(directory, state);
        } finally {
            TreeRemoval.remove(directory);
        }
    }

    private static byte[] ask(Path directory, TpmState state)
            throws DrillFailed, SwtpmMissing, IOException, InterruptedException {
        Path tpm = Files.createDirectory(directory.resolve("tpm"));
        Files.write(tpm.resolve(STATE), state.file(), CREATE_NEW, WRITE);
        Path socket = directory.resolve("socket");
        Path log = directory.resolve("log");
        Process swtpm = start(tpm, socket, log, state);
        try {
            // Reads of the socket have no time limit of their own: they end with the process.
            Thread.ofVirtual().start(() -> endIn(PATIENCE, swtpm));
            try (SocketChannel channel = connect(socket, swtpm, log)) {
                return new TpmConversation(channel).endorsementKeyCertificate();
            } catch (IOException broken) {
                throw new DrillFailed("swtpm broke off: " + tail(log), broken);
            }
        } finally {
            swtpm.destroyForcibly().waitFor();
        }
    }

    /**
     * With {@code not-need-init} it loads the state at once and ends if that does not open; with
     * {@code terminate} it ends with the connection, also when this program is killed.
     */
    private static Process start(Path tpm, Path socket, Path log, TpmState state)
            throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(
                        List.of(
                                "/bin/sh",
                                "-c",
                                TRAMPOLINE,
                                "tlvm-drill",
                                "swtpm",
                                "socket",
                                "--tpm2",
                                "--tpmstate",
                                "dir=" + tpm + ",mode=0600",
                                "--server",
                                "type=unixio,path=" + socket,
                                "--flags",
                                "not-need-init,startup-clear",
                                "--terminate",
                                "--key",
                                "fd=3,mode=aes-256-cbc,format=hex"));
        builder.environment().clear();
        builder.environment().putAll(ENVIRONMENT);
        Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try (var in = process.getOutputStream()) {
            state.key().writeHexLine(in);
        } catch (IOException gone) {
            // It ended before it took the key; who waits for it sees how.
            return process;
        }
        return process;
    }

    /** Bounded by the process, whose time is. */
    private static SocketChannel connect(Path socket, Process swtpm, Path log)
            throws DrillFailed, SwtpmMissing, IOException, InterruptedException {
        while (!swtpm.waitFor(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
            try {
                return SocketChannel.open(UnixDomainSocketAddress.of(socket));
            } catch (SocketException notYet) {
                // The name comes before anybody listens behind it.
                continue;
            }
        }
        if (swtpm.exitValue() == NO_SUCH_PROGRAM) {
            throw new SwtpmMissing();
        }
        throw new DrillFailed("swtpm does not take the state: " + tail(log));
    }

    private static void endIn(Duration patience, Process process) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException end) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private static String tail(Path log) throws IOException {
        String text = Files.readString(log, StandardCharsets.ISO_8859_1).strip();
        return text.isEmpty()
                ? "it said nothing"
                : text.substring(Math.max(0, text.length() - LOG_SHOWN));
    }
}
