package io.tlvm.cli;

import io.tlvm.cli.output.Structured;
import io.tlvm.cli.problem.Problem;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.foundation.refusal.ReasonTable;
import io.tlvm.type.v1.ErrorAdvice;
import io.tlvm.type.v1.ErrorReason;

import org.jspecify.annotations.Nullable;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Commands about tlvm itself; none of them needs a service. */
final class AboutCommands {

    private AboutCommands() {}

    /** {@code tlvm version}. */
    @Command(name = "version", description = "Version of this program.")
    record Version(Session session) implements Callable<Integer> {
        @Override
        public Integer call() {
            session.printer()
                    .text("tlvm " + released() + " (Java " + Runtime.version().feature() + ")");
            return 0;
        }

        // A native executable has no manifest to ask.
        private static String released() {
            try (InputStream version = Tlvm.class.getResourceAsStream("version.txt")) {
                if (version == null) {
                    throw new IllegalStateException("the build left version.txt out");
                }
                return new String(version.readAllBytes(), StandardCharsets.UTF_8).strip();
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
    }

    /** {@code tlvm completion}. */
    @Command(name = "completion", description = "Completion script: source <(tlvm completion bash)")
    static final class Completion implements Callable<Integer> {
        private final Session session;

        @Parameters(paramLabel = "SHELL", description = "bash or zsh")
        String shell = "";

        @Spec @Nullable CommandSpec spec;

        Completion(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            if (spec == null) {
                throw new IllegalStateException("picocli gives every command its spec");
            }
            // picocli's script serves both: in zsh it loads bashcompinit first.
            if (!shell.equals("bash") && !shell.equals("zsh")) {
                throw new ProblemException(
                        Problem.usage("there is no completion for " + shell, "use bash or zsh"));
            }
            session.printer().text(AutoComplete.bash("tlvm", spec.root().commandLine()));
            return 0;
        }
    }

    /** {@code tlvm explain}. */
    @Command(
            name = "explain",
            description =
                    "What a refusal's reason means and what to do; without a reason, lists them"
                            + " all.")
    static final class Explain implements Callable<Integer> {
        private final Session session;

        @Parameters(
                arity = "0..1",
                paramLabel = "REASON",
                description = "such as IMAGE_HAS_NO_CONTENT")
        @Nullable String reason;

        Explain(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            if (reason == null) {
                Arrays.stream(ErrorReason.values())
                        .filter(
                                known ->
                                        known != ErrorReason.UNRECOGNIZED && known.getNumber() != 0)
                        .forEach(known -> session.printer().text(ReasonTable.wireName(known)));
                return 0;
            }
            String wanted =
                    reason.toUpperCase(Locale.ROOT)
                            .replace('-', '_')
                            .replaceFirst("^ERROR_REASON_", "");
            ErrorReason found =
                    ReasonTable.byWireName(wanted)
                            .orElseThrow(
                                    () ->
                                            new ProblemException(
                                                    Problem.usage(
                                                            "there is no reason " + wanted,
                                                            "run: tlvm explain, which lists them"
                                                                    + " all")));
            ErrorAdvice advice = ReasonTable.advice(found);
            if (!session.printer().forPeople()) {
                var structured = new Structured();
                session.printer()
                        .text(
                                switch (session.options().output) {
                                    case YAML -> structured.yaml(advice);
                                    case NAME -> wanted;
                                    case JSONL -> structured.jsonLine(advice);
                                    case JSON, TABLE, WIDE -> structured.json(advice);
                                });
                return 0;
            }
            String repeat =
                    switch (advice.getRetry()) {
                        case RETRY_ADVICE_NEVER -> "no, the request has to change";
                        case RETRY_ADVICE_AFTER_FIX -> "after the fix";
                        case RETRY_ADVICE_REREAD -> "read the resource again and decide anew";
                        case RETRY_ADVICE_BACK_OFF -> "yes, later, with the same request id";
                        case RETRY_ADVICE_UNSPECIFIED, UNRECOGNIZED -> "not known";
                    };
            session.printer()
                    .text(
                            """
                            reason:    %s
                            code:      %s
                            exit code: %d
                            repeat:    %s
                            fix:       %s
                            metadata:  %s\
                            """
                                    .formatted(
                                            wanted,
                                            advice.getCode(),
                                            advice.getExitCode(),
                                            repeat,
                                            advice.getFix(),
                                            String.join(", ", advice.getMetadataKeysList())));
            return 0;
        }
    }
}
