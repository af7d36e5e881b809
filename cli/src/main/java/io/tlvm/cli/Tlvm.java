package io.tlvm.cli;

import io.grpc.StatusRuntimeException;
import io.tlvm.cli.connect.Calls;
import io.tlvm.cli.connect.Pause;
import io.tlvm.cli.input.Durations;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.cli.progress.Detachment;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.logging.LogManager;

/**
 * The command line. Resources go to stdout, everything else to stderr. Exit status: 0 done, 1
 * failed, 2 usage or validation, 3 not found, 4 exists or conflict, 5 precondition, 6 permission, 7
 * capacity, 8 timeout (the work goes on), 9 integrity, 10 unreachable, 130 interrupted (the work
 * goes on).
 */
@Command(
        name = "tlvm",
        description = "Trusted launch virtual machines.",
        mixinStandardHelpOptions = false,
        usageHelpAutoWidth = true)
public final class Tlvm {

    private static final int USAGE = 2;
    private static final int BUG = 1;
    private static final int CAUSES_MAX = 10;
    private static final int FRAMES_MAX = 12;

    @Mixin
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private final GlobalOptions options;

    private Tlvm(GlobalOptions options) {
        this.options = options;
    }

    /** Runs one command and exits with its status. */
    public static void main(String[] arguments) {
        var out =
                new PrintStream(
                        new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        var err =
                new PrintStream(
                        new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        // Libraries log to stderr, where the user reads our sentences.
        LogManager.getLogManager().reset();
        var detachment = new Detachment();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> detachment.print(err), "detach"));
        // Java cannot tell whether stderr is a terminal; the launcher script can.
        int status =
                run(
                        new Host(
                                System.getenv(),
                                System.in,
                                out,
                                err,
                                Boolean.getBoolean("tlvm.terminal.in"),
                                Boolean.getBoolean("tlvm.terminal.err"),
                                detachment,
                                InstantSource.system(),
                                Pause.real()),
                        arguments);
        out.flush();
        System.exit(status);
    }

    /** Runs one command in the given surroundings; the result is the exit status. */
    public static int run(Host host, String... arguments) {
        var options = new GlobalOptions();
        try (var session = new Session(host, options)) {
            return commandLine(session).execute(arguments);
        }
    }

    static CommandLine commandLine(Session session) {
        var root =
                new CommandLine(new Tlvm(session.options()))
                        .addSubcommand(
                                new CommandLine(new VmCommand(session))
                                        .addSubcommand(new VmCreateCommand(session)))
                        .addSubcommand(
                                new CommandLine(new ImageCommand(session))
                                        .addSubcommand(new MarketplaceCommand(session))
                                        .addSubcommand(
                                                new CommandLine(new PublisherCommand(session)))
                                        .addSubcommand(new PublishCommand(session)))
                        .addSubcommand(new GuestStateCommand(session))
                        .addSubcommand(new NodeCommand(session))
                        .addSubcommand(new StoragePathCommand(session))
                        .addSubcommand(new OpCommand(session))
                        .addSubcommand(new AuditCommand(session))
                        .addSubcommand(new ConfigCommand(session))
                        .addSubcommand(new AboutCommands.Version(session))
                        .addSubcommand(new AboutCommands.Completion(session))
                        .addSubcommand(new AboutCommands.Explain(session));
        Host host = session.host();
        return root.setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Duration.class, text -> converted(() -> Durations.parse(text)))
                .registerConverter(UUID.class, text -> converted(() -> uuid4(text)))
                .setOut(new PrintWriter(host.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(host.err(), true, StandardCharsets.UTF_8))
                .setParameterExceptionHandler((wrong, words) -> usage(host, wrong))
                .setExecutionExceptionHandler((thrown, line, parsed) -> failed(session, thrown));
    }

    private static <T> T converted(Supplier<T> parse) {
        try {
            return parse.get();
        } catch (IllegalArgumentException wrong) {
            throw new TypeConversionException(String.valueOf(wrong.getMessage()));
        }
    }

    private static UUID uuid4(String text) {
        UUID id = UUID.fromString(text);
        if (id.version() != 4 || !id.toString().equalsIgnoreCase(text)) {
            throw new IllegalArgumentException("'" + text + "' is not a version 4 UUID");
        }
        return id;
    }

    private static int usage(Host host, ParameterException wrong) {
        String command = wrong.getCommandLine().getCommandSpec().qualifiedName();
        Problem.usage(String.valueOf(wrong.getMessage()), "run: " + command + " --help")
                .print(host.err());
        return USAGE;
    }

    private static void trace(Host host, Throwable thrown) {
        @Nullable Throwable cause = thrown;
        for (int depth = 0;
                cause != null && depth < CAUSES_MAX;
                depth++, cause = cause.getCause()) {
            host.err().println("debug: " + cause);
            Arrays.stream(cause.getStackTrace())
                    .limit(FRAMES_MAX)
                    .forEach(frame -> host.err().println("debug:   at " + frame));
        }
    }

    private static int failed(Session session, Exception thrown) {
        Host host = session.host();
        session.progress().pause();
        host.detachment().clear();
        if (session.options().debug) {
            trace(host, thrown);
        }
        return switch (thrown) {
            case ProblemException known -> {
                known.problem().print(host.err());
                yield known.problem().exitCode();
            }
            case StatusRuntimeException refused -> {
                Problem problem = Calls.problem(refused).problem();
                problem.print(host.err());
                yield problem.exitCode();
            }
            default -> {
                Problem.failed("tlvm has a bug: " + thrown, "report it with what --debug prints")
                        .print(host.err());
                yield BUG;
            }
        };
    }
}
