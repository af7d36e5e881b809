package io.tlvm.foundation.tls;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Certificates from the script that makes those of a cluster, in a directory that ends with it. */
public final class ScriptedPki implements AutoCloseable {
    private static final int SECONDS_MAX = 60;

    /** Maven runs tests in the directory of their module. */
    private static final Path SCRIPT = Path.of("../deploy/pki/make-pki").toAbsolutePath();

    private final Path directory;

    private ScriptedPki(Path directory) {
        this.directory = directory;
    }

    /** Services and what {@code options} of the script name, such as {@code --user alice}. */
    public static ScriptedPki make(String... options) throws IOException {
        var pki = new ScriptedPki(Files.createTempDirectory("tlvm-pki"));
        List<String> arguments = new ArrayList<>(List.of(pki.directory.toString()));
        arguments.addAll(List.of(options));
        pki.run(arguments);
        return pki;
    }

    /** Adds {@code test/foreign/IDENTITY}, signed by an unrelated authority. */
    public void foreign(String identity) throws IOException {
        run(List.of("foreign", directory.toString(), identity));
    }

    /** Adds {@code test/expired/IDENTITY}, which ended an hour ago. */
    public void expired(String identity) throws IOException {
        run(List.of("expired", directory.toString(), identity));
    }

    private void run(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(SCRIPT.toString()));
        command.addAll(arguments);
        Path log = directory.resolve("make-pki.log");
        Process script =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
        try {
            if (!script.waitFor(SECONDS_MAX, TimeUnit.SECONDS) || script.exitValue() != 0) {
                throw new IOException(command + " failed: " + Files.readString(log));
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException(command + " was interrupted", stopped);
        } finally {
            script.destroyForcibly();
        }
    }

    /** As the script laid it out: svc/…, node/…, user/…, test/…. */
    public Path directory() {
        return directory;
    }

    @Override
    public void close() {
        try (var files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
