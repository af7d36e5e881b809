package io.tlvm.cli;

import io.tlvm.cli.connect.Pause;
import io.tlvm.cli.progress.Detachment;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Runs commands in this process and keeps what they print; with the property {@code
 * tlvm.executable} set they are processes of that program.
 */
final class Cli {

    /** What a command left behind. */
    record Outcome(int status, String out, String err) {}

    private final Map<String, String> environment;
    private boolean terminal;
    private String answers = "";

    Cli(Map<String, String> environment) {
        this.environment = new HashMap<>(environment);
    }

    Cli with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    Cli onTerminal(String typed) {
        terminal = true;
        answers = typed;
        return this;
    }

    Outcome run(String... arguments) {
        return Optional.ofNullable(System.getProperty("tlvm.executable"))
                .map(executable -> asProcess(executable, arguments))
                .orElseGet(() -> here(arguments));
    }

    /** How a user starts the program: its executable, or this JVM's classes in a JVM of its own. */
    static List<String> program() {
        String executable = System.getProperty("tlvm.executable");
        return executable != null
                ? List.of(executable)
                : List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.tlvm.cli.Tlvm");
    }

    private Outcome here(String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        Pause none = length -> {};
        int status =
                Tlvm.run(
                        new Host(
                                environment,
                                new ByteArrayInputStream(answers.getBytes(StandardCharsets.UTF_8)),
                                new PrintStream(out, true, StandardCharsets.UTF_8),
                                new PrintStream(err, true, StandardCharsets.UTF_8),
                                terminal,
                                terminal,
                                new Detachment(),
                                InstantSource.system(),
                                none),
                        arguments);
        return new Outcome(
                status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private Outcome asProcess(String executable, String... arguments) {
        var words = new ArrayList<>(List.of(executable));
        if (terminal) {
            words.addAll(List.of("-Dtlvm.terminal.in=true", "-Dtlvm.terminal.err=true"));
        }
        words.addAll(Arrays.asList(arguments));
        var builder = new ProcessBuilder(words);
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            var out = CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
            var err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
            try (var in = process.getOutputStream()) {
                in.write(answers.getBytes(StandardCharsets.UTF_8));
            }
            return new Outcome(process.waitFor(), out.join(), err.join());
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stop);
        }
    }

    private static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
