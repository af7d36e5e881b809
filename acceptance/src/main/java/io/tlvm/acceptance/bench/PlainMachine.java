package io.tlvm.acceptance.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A QEMU with its swtpm and nothing around them; both end with {@link #close}. */
final class PlainMachine implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    private final Path run;
    private final Process swtpm;
    private final Process qemu;
    private final Monitor monitor;

    private PlainMachine(Path run, Process swtpm, Process qemu, Monitor monitor) {
        this.run = run;
        this.swtpm = swtpm;
        this.qemu = qemu;
        this.monitor = monitor;
    }

    /**
     * @param run a directory that is not there yet
     * @param incoming whether it waits for another one's memory
     */
    static PlainMachine start(Blueprint blueprint, Path run, boolean incoming) {
        Path io = run.resolve("io");
        Path tpm = run.resolve("tpm");
        List<Process> started = new ArrayList<>();
        boolean complete = false;
        try {
            Files.createDirectories(io);
            Files.createDirectory(tpm);
            Process swtpm =
                    launch(
                            run.resolve("swtpm.log"),
                            List.of(
                                    "swtpm",
                                    "socket",
                                    "--tpm2",
                                    "--tpmstate",
                                    "dir=" + tpm,
                                    "--ctrl",
                                    "type=unixio,path=" + io.resolve("swtpm.sock"),
                                    "--terminate"));
            started.add(swtpm);
            await(io.resolve("swtpm.sock"), swtpm);
            Process qemu = launch(run.resolve("qemu.log"), blueprint.commandLine(run, incoming));
            started.add(qemu);
            // QEMU binds its sockets in the order of the command line and listens at once; the
            // observer's is the last.
            await(io.resolve("observer.sock"), qemu);
            PlainMachine machine =
                    new PlainMachine(run, swtpm, qemu, new Monitor(io.resolve("qmp.sock")));
            complete = true;
            return machine;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (!complete) {
                started.forEach(Process::destroyForcibly);
            }
        }
    }

    private static Process launch(Path log, List<String> command) throws IOException {
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        process.getOutputStream().close();
        return process;
    }

    private static void await(Path socket, Process process) throws IOException {
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (!Files.exists(socket)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new IOException("nobody listens on " + socket + ", see the log beside it");
            }
            LockSupport.parkNanos(10_000_000);
        }
    }

    Monitor monitor() {
        return monitor;
    }

    Path controlSocket() {
        return run.resolve("io/ctl.sock");
    }

    Path migrationSocket() {
        return run.resolve("io/mig.sock");
    }

    @Override
    public void close() {
        monitor.close();
        qemu.destroyForcibly();
        swtpm.destroyForcibly();
        try {
            if (!qemu.waitFor(10, TimeUnit.SECONDS) || !swtpm.waitFor(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("processes in " + run + " do not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
