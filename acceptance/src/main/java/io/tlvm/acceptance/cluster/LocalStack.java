package io.tlvm.acceptance.cluster;

import io.tlvm.acceptance.cluster.Commands.Result;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * PostgreSQL, both services and two node agents, each a process of its own, started as {@code ./dev
 * up} starts them.
 */
public final class LocalStack {
    private static final Duration START_LIMIT = Duration.ofMinutes(5);

    private final Project project;
    private final Commands commands;

    public LocalStack(Project project, Map<String, String> environment) {
        this.project = project;
        this.commands = new Commands(project.root(), environment);
    }

    public void up() {
        stack("up");
    }

    /** Ends everything that this stack started, guests too. */
    public void downWithGuests() {
        stack("down", "--guests");
    }

    public void start(String service) {
        stack("start", service);
    }

    public void kill(String service) {
        stack("stop", service, "KILL");
    }

    /** The process id of a service, as the stack remembered it. */
    public long pid(String service) {
        String remembered = read(project.home().resolve("run/" + service + ".pid"));
        return Long.parseLong(remembered.substring(0, remembered.indexOf(' ')));
    }

    /** A directory that both nodes reach: what an NFS export is in a real cluster. */
    public Path sharedDirectory() {
        return project.home().resolve("shared");
    }

    private void stack(String... arguments) {
        List<String> command = new ArrayList<>(List.of("deploy/local/stack"));
        command.addAll(List.of(arguments));
        Result result = commands.run(START_LIMIT, command);
        if (result.exit() != 0) {
            throw new IllegalStateException(
                    String.join(" ", command) + " failed:\n" + result.out() + result.err());
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
