package io.tlvm.foundation.refusal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Code;

import io.tlvm.type.v1.ErrorReason;
import io.tlvm.type.v1.RetryAdvice;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Arrays;
import java.util.stream.Stream;

class ReasonTableTest {

    static Stream<ErrorReason> reasons() {
        return Arrays.stream(ErrorReason.values())
                .filter(reason -> reason != ErrorReason.UNRECOGNIZED && reason.getNumber() != 0);
    }

    @ParameterizedTest
    @MethodSource("reasons")
    void every_reason_has_a_code_an_advice_an_exit_code_and_a_fix(ErrorReason reason) {
        var advice = ReasonTable.advice(reason);

        assertThat(advice.getCode()).isNotIn(Code.OK, Code.UNKNOWN, Code.UNRECOGNIZED);
        assertThat(advice.getRetry())
                .isNotIn(RetryAdvice.RETRY_ADVICE_UNSPECIFIED, RetryAdvice.UNRECOGNIZED);
        assertThat(advice.getExitCode()).isBetween(1, 10);
        assertThat(advice.getFix()).matches("[A-Z].{15,}\\.");
        assertThat(advice.getMetadataKeysList())
                .doesNotHaveDuplicates()
                .allMatch(key -> key.matches("[a-z][A-Za-z0-9]*"));
    }

    @ParameterizedTest
    @MethodSource("reasons")
    void the_wire_name_keeps_to_aip_193_and_leads_back(ErrorReason reason) {
        assertThat(ReasonTable.wireName(reason))
                .matches("[A-Z][A-Z0-9_]+[A-Z0-9]")
                .hasSizeLessThanOrEqualTo(63);
        assertThat(ReasonTable.byWireName(ReasonTable.wireName(reason))).contains(reason);
    }

    @ParameterizedTest
    @MethodSource("reasons")
    void exit_code_and_code_agree(ErrorReason reason) {
        var advice = ReasonTable.advice(reason);
        switch (advice.getCode()) {
            case INVALID_ARGUMENT -> assertThat(advice.getExitCode()).isEqualTo(2);
            case NOT_FOUND -> assertThat(advice.getExitCode()).isEqualTo(3);
            case PERMISSION_DENIED, UNAUTHENTICATED ->
                    assertThat(advice.getExitCode()).isEqualTo(6);
            case RESOURCE_EXHAUSTED -> assertThat(advice.getExitCode()).isEqualTo(7);
            case DEADLINE_EXCEEDED -> assertThat(advice.getExitCode()).isEqualTo(8);
            case DATA_LOSS -> assertThat(advice.getExitCode()).isEqualTo(9);
            case UNAVAILABLE -> assertThat(advice.getExitCode()).isEqualTo(10);
            default -> assertThat(advice.getExitCode()).isNotIn(2, 3, 6, 7, 8, 10);
        }
    }

    @ParameterizedTest
    @MethodSource("reasons")
    void what_lost_data_or_trust_is_never_repeated(ErrorReason reason) {
        var advice = ReasonTable.advice(reason);
        if (advice.getExitCode() == 9 || advice.getExitCode() == 6) {
            assertThat(advice.getRetry()).isNotIn(RetryAdvice.RETRY_ADVICE_BACK_OFF);
        }
    }

    @Test
    void an_unknown_wire_name_is_no_reason() {
        assertThat(ReasonTable.byWireName("FROM_THE_FUTURE")).isEmpty();
        assertThat(ReasonTable.byWireName("UNSPECIFIED")).isEmpty();
    }
}
