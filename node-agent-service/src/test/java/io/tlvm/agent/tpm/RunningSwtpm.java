package io.tlvm.agent.tpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tlvm.agent.hypervisor.qemu.RunDirectory;
import io.tlvm.agent.hypervisor.qemu.SwtpmCommandLine;
import io.tlvm.agent.keys.SwtpmKey;
import io.tlvm.foundation.file.FileOwner;

import org.awaitility.Awaitility;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A real swtpm on a state directory, under the user that owns it, with its key from a descriptor.
 */
public final class RunningSwtpm implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Process process;
    private final Path socket;

    private RunningSwtpm(Process process, Path socket) {
        this.process = process;
        this.socket = socket;
    }

    /** Starts it. {@code runDirectory} belongs to {@code owner}. */
    public static RunningSwtpm start(
            Path stateDirectory, Path runDirectory, SwtpmKey key, FileOwner owner)
            throws IOException {
        RunDirectory run = new RunDirectory(runDirectory);
        owner.take(Files.createDirectory(run.io()), "rwx------");
        List<String> command = new ArrayList<>();
        if (FileOwner.ofThisProcess().uid() == 0) {
            command.addAll(
                    List.of("setpriv", "--reuid", "" + owner.uid(), "--regid", "" + owner.gid()));
            command.add("--clear-groups");
        }
        command.addAll(List.of("/bin/sh", "-c", "exec 3<&0 </dev/null; exec \"$@\"", "swtpm"));
        command.addAll(SwtpmCommandLine.of(Path.of("swtpm"), stateDirectory, run).arguments());
        command.addAll(List.of("--key", "fd=3,mode=aes-256-cbc,format=hex"));
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try (var stdin = process.getOutputStream()) {
            key.writeHexLine(stdin);
        }
        RunningSwtpm running = new RunningSwtpm(process, run.swtpmSocket());
        Awaitility.await().atMost(PATIENCE).until(() -> Files.exists(run.swtpmSocket()));
        return running;
    }

    /** CMD_INIT; what swtpm answers is in the returned text, the status first. */
    public String init() throws IOException, InterruptedException {
        return control("-i");
    }

    private String control(String option) throws IOException, InterruptedException {
        Process ioctl =
                new ProcessBuilder("swtpm_ioctl", "--unix", socket.toString(), option)
                        .redirectErrorStream(true)
                        .start();
        String said = new String(ioctl.getInputStream().readAllBytes(), UTF_8);
        if (!ioctl.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            ioctl.destroyForcibly();
            throw new IOException("swtpm_ioctl does not end");
        }
        return ioctl.exitValue() + " " + said;
    }

    /** CMD_SHUTDOWN, and the process is reaped. */
    @Override
    public void close() throws IOException, InterruptedException {
        control("-s");
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
