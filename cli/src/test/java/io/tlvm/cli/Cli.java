package io.tlvm.cli;

import io.tlvm.cli.connect.Pause;
import io.tlvm.cli.progress.Detachment;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/** Runs commands in this process and keeps what they print. */
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
                                InstantSource.fixed(Instant.parse("2026-03-03T12:00:00Z")),
                                none),
                        arguments);
        return new Outcome(
                status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
