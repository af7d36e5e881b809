package io.tlvm.acceptance.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import io.tlvm.acceptance.cluster.Commands.Result;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The command line, run as a user runs it. */
public final class Tlvm {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final Commands commands;
    private final Consumer<String> echo;
    private final ObjectMapper json = new ObjectMapper();

    /**
     * @param echo is shown every command line before it runs
     */
    public Tlvm(Project project, Map<String, String> environment, Consumer<String> echo) {
        Map<String, String> all = new java.util.HashMap<>(environment);
        all.put("TLVM_PKI", project.home().resolve("pki/user/admin").toString());
        this.commands = new Commands(project.root(), all);
        this.echo = echo;
    }

    /** How a command ended. */
    public record Outcome(int exit, String out, String err) {
        public boolean succeeded() {
            return exit == 0;
        }
    }

    /** Runs a command that may fail. */
    public Outcome run(String... arguments) {
        echo.accept("$ tlvm " + String.join(" ", arguments));
        List<String> command = new ArrayList<>(List.of("cli/tlvm"));
        command.addAll(Arrays.asList(arguments));
        Result result = commands.run(LIMIT, command);
        return new Outcome(result.exit(), result.out(), result.err());
    }

    /** Runs a command that has to succeed, and returns what it printed. */
    public String ok(String... arguments) {
        Outcome outcome = run(arguments);
        if (!outcome.succeeded()) {
            throw new IllegalStateException(
                    "tlvm "
                            + String.join(" ", arguments)
                            + " ended with "
                            + outcome.exit()
                            + "\n"
                            + outcome.out()
                            + outcome.err());
        }
        return outcome.out();
    }

    /** Runs a command that has to succeed with {@code -o json}, and returns the resource. */
    public JsonNode json(String... arguments) {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        all.addAll(List.of("-o", "json"));
        String printed = ok(all.toArray(String[]::new));
        try {
            return json.readTree(printed);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not JSON: " + printed, e);
        }
    }
}
