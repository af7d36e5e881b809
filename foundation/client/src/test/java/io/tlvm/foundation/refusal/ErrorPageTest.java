package io.tlvm.foundation.refusal;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.type.v1.ErrorAdvice;
import io.tlvm.type.v1.ErrorReason;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** docs/errors.md is what error_reason.proto says; {@code -Dupdate=true} writes it anew. */
class ErrorPageTest {
    private static final Path PAGE = Path.of("../../docs/errors.md");

    @Test
    void the_page_of_errors_says_what_the_contract_says() throws IOException {
        String wanted = page();
        if (Boolean.getBoolean("update")) {
            Files.writeString(PAGE, wanted);
        }
        assertThat(Files.readString(PAGE))
                .as("run: ./mvnw -pl foundation/client test -Dtest=ErrorPageTest -Dupdate=true")
                .isEqualTo(wanted);
    }

    private static String page() {
        String rows =
                Arrays.stream(ErrorReason.values())
                        .filter(
                                reason ->
                                        reason != ErrorReason.UNRECOGNIZED
                                                && reason.getNumber() != 0)
                        .map(ErrorPageTest::row)
                        .collect(Collectors.joining("\n"));
        return """
        # Errors

        Every refusal carries a `google.rpc.ErrorInfo` with one of these reasons, a sentence that says what, and what to do. The same
        table decides the exit status of `tlvm`; `tlvm explain REASON` prints a row. This page is made from
        `proto/src/main/proto/tlvm/type/v1/error_reason.proto`.

        | reason | gRPC code | repeat | exit | metadata | what to do |
        |---|---|---|---|---|---|
        """
                + rows
                + "\n";
    }

    private static String row(ErrorReason reason) {
        ErrorAdvice advice = ReasonTable.advice(reason);
        return "| `%s` | %s | %s | %d | %s | %s |"
                .formatted(
                        ReasonTable.wireName(reason),
                        advice.getCode(),
                        advice.getRetry()
                                .name()
                                .substring("RETRY_ADVICE_".length())
                                .toLowerCase(java.util.Locale.ROOT),
                        advice.getExitCode(),
                        String.join(", ", advice.getMetadataKeysList()),
                        advice.getFix());
    }
}
