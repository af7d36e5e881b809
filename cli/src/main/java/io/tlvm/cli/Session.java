package io.tlvm.cli;

import com.google.longrunning.Operation;
import com.google.protobuf.InvalidProtocolBufferException;

import io.tlvm.catalog.v1.Image;
import io.tlvm.cli.config.ConfigFile;
import io.tlvm.cli.config.SettingKey;
import io.tlvm.cli.config.Settings;
import io.tlvm.cli.connect.CallLog;
import io.tlvm.cli.connect.Calls;
import io.tlvm.cli.connect.Services;
import io.tlvm.cli.input.ResourceNames;
import io.tlvm.cli.output.Printer;
import io.tlvm.cli.output.Views;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.cli.progress.JsonLines;
import io.tlvm.cli.progress.LiveLine;
import io.tlvm.cli.progress.Progress;
import io.tlvm.cli.progress.Silence;
import io.tlvm.cli.progress.StepLines;
import io.tlvm.cli.transfer.Uploader;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachineOperationMetadata;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Scanner;
import java.util.UUID;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * What the commands of one invocation share. Nothing is opened before a command needs it. Not for
 * several threads.
 */
final class Session implements AutoCloseable {

    private final Host host;
    private final GlobalOptions options;
    private final Calls calls;
    private @Nullable Services services;
    private @Nullable Progress progress;
    private @Nullable Settings settings;

    Session(Host host, GlobalOptions options) {
        this.host = host;
        this.options = options;
        this.calls = new Calls(host.pause(), RandomGenerator.getDefault());
    }

    Host host() {
        return host;
    }

    GlobalOptions options() {
        return options;
    }

    Calls calls() {
        return calls;
    }

    Views views() {
        return new Views(host.clock());
    }

    Printer printer() {
        return new Printer(host.out(), options.output, !options.noHeaders);
    }

    ResourceNames names() {
        return new ResourceNames(settings().project());
    }

    ConfigFile configFile() {
        return new ConfigFile(ConfigFile.standardPlace(host.environment()));
    }

    Settings settings() {
        if (settings == null) {
            ConfigFile.Content file = configFile().read();
            String wanted =
                    options.context == null
                            ? host.environment().getOrDefault("TLVM_CONTEXT", file.currentContext())
                            : options.context;
            if (!wanted.isEmpty() && !file.contexts().containsKey(wanted)) {
                throw new ProblemException(
                        Problem.usage(
                                "there is no context '" + wanted + "' in " + configFile().path(),
                                "run: tlvm config set-context " + wanted + " --pki DIR"));
            }
            Map<SettingKey, String> context = file.contexts().getOrDefault(wanted, Map.of());
            settings = Settings.resolve(options.settings(), host.environment(), context, wanted);
        }
        return settings;
    }

    Services services() {
        if (services == null) {
            services = Services.open(settings(), new CallLog(host.err(), options.debug));
        }
        return services;
    }

    Progress progress() {
        if (progress == null) {
            progress =
                    options.quiet
                            ? new Silence()
                            : switch (options.progress) {
                                case AUTO ->
                                        host.terminalErr()
                                                ? new LiveLine(host.err())
                                                : new StepLines(host.err());
                                case PLAIN -> new StepLines(host.err());
                                case JSON -> new JsonLines(host.err());
                                case NONE -> new Silence();
                            };
        }
        return progress;
    }

    Uploader uploader() {
        return new Uploader(services(), calls, host.pause(), progress());
    }

    OperationFollower follower() {
        return new OperationFollower(
                services(), calls, host.pause(), progress(), host.detachment());
    }

    /**
     * Sends a change that makes an operation and brings it to its end: waits, or prints the
     * operation with {@code --no-wait}. The same request_id goes with every repetition.
     *
     * @param call gets the request_id
     */
    void mutate(Function<String, Operation> call) {
        String requestId = requestId();
        host.detachment()
                .announce(
                        "interrupted before the service answered; it may have begun the work\n"
                                + "  resume: the same command with --request-id "
                                + requestId);
        Operation started;
        try {
            started = calls.repeatable(() -> call.apply(requestId));
        } finally {
            host.detachment().clear();
        }
        finish(started);
    }

    /** Waits for an operation that was started, or prints it, as the user wishes. */
    void finish(Operation started) {
        if (options.noWait && !options.wait && !started.getDone()) {
            printer().one(views().operation(), started);
            return;
        }
        printResult(follower().follow(started, options.timeout));
    }

    /** The resource in an operation's response. */
    void printResult(Operation ended) {
        if (options.dryRun) {
            progress().say("valid; nothing was changed");
        }
        try {
            if (ended.getResponse().is(VirtualMachine.class)) {
                VirtualMachine vm = ended.getResponse().unpack(VirtualMachine.class);
                if (moved(ended)) {
                    progress().say(Views.migration(vm.getLastMigration()));
                }
                printer().one(views().vm(), vm);
            } else if (ended.getResponse().is(Image.class)) {
                printer().one(views().image(), ended.getResponse().unpack(Image.class));
            } else if (!printer().forPeople()) {
                printer().one(views().operation(), ended);
            }
        } catch (InvalidProtocolBufferException damaged) {
            throw new ProblemException(
                    Problem.failed(
                            "the answer of " + ended.getName() + " is damaged",
                            "run: tlvm op show"),
                    damaged);
        }
    }

    private static boolean moved(Operation ended) throws InvalidProtocolBufferException {
        return ended.getMetadata().is(VirtualMachineOperationMetadata.class)
                && ended.getMetadata().unpack(VirtualMachineOperationMetadata.class).hasMigration();
    }

    /** AIP-155: one for a change, however often it is sent. */
    String requestId() {
        return (options.requestId == null ? UUID.randomUUID() : options.requestId).toString();
    }

    /**
     * For verbs whose request has no validate_only: a dry run that changes something would be worse
     * than none.
     */
    void refuseDryRun(String verb) {
        if (options.dryRun) {
            throw new ProblemException(
                    Problem.usage(
                            verb + " cannot be tried without doing it", "leave --dry-run out"));
        }
    }

    /** Asks before something that cannot be taken back. */
    void confirm(String question) {
        if (options.yes) {
            return;
        }
        if (!host.terminalIn()) {
            throw new ProblemException(
                    Problem.usage(question + " needs a confirmation", "add --yes"));
        }
        host.err().print(question + "? [y/N] ");
        host.err().flush();
        var answers = new Scanner(host.in(), StandardCharsets.UTF_8);
        if (!answers.hasNextLine() || !answers.nextLine().strip().equalsIgnoreCase("y")) {
            throw new ProblemException(Problem.failed("not confirmed; nothing was changed", ""));
        }
    }

    @Override
    public void close() {
        if (services != null) {
            services.close();
        }
    }
}
