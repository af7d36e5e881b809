package io.tlvm.foundation.outage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A PostgreSQL server of a test, told by its data directory alone: stopped by a signal, and started
 * again by the command line that it wrote down itself (PostgreSQL: postmaster.pid,
 * postmaster.opts).
 */
public final class PostgresServer {
    private static final Duration END_MAX = Duration.ofSeconds(30);

    private final Path data;

    public PostgresServer(Path data) {
        this.data = data;
    }

    /** Fast shutdown (SIGINT): open transactions are broken off, connections closed. */
    public void stop() {
        ProcessHandle server = process().orElseThrow();
        CompletableFuture<ProcessHandle> end = server.onExit();
        run(List.of("/bin/kill", "-INT", Long.toString(server.pid())));
        end.orTimeout(END_MAX.toSeconds(), TimeUnit.SECONDS).join();
    }

    /** The same server on the same port; returns before it takes connections. */
    public void start() {
        try {
            String command = Files.readString(data.resolve("postmaster.opts")).strip();
            List<String> words = new ArrayList<>();
            if ("root".equals(System.getProperty("user.name"))) {
                // PostgreSQL refuses to be root; in a user namespace of its own it is nobody.
                words.addAll(List.of("unshare", "-U"));
            }
            words.addAll(List.of("/bin/sh", "-c", "exec " + command));
            var unused =
                    new ProcessBuilder(words)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Optional<ProcessHandle> process() {
        try {
            Path pid = data.resolve("postmaster.pid");
            return ProcessHandle.of(Long.parseLong(Files.readAllLines(pid).getFirst().strip()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(List<String> command) {
        try {
            Process process = new ProcessBuilder(command).inheritIO().start();
            if (!process.waitFor(END_MAX.toSeconds(), TimeUnit.SECONDS)
                    || process.exitValue() != 0) {
                throw new AssertionError(command + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new AssertionError(stop);
        }
    }
}
