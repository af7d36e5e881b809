package io.tlvm.foundation.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.RetryInfo;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a caller reads when a rule of the protos is broken. */
class RuleWordsTest {

    @Test
    void a_pattern_of_names_is_said_in_words() {
        assertThat(
                        PatternWords.of(
                                "value does not match regex pattern"
                                        + " `^projects/[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`"))
                .isEqualTo(
                        "must be projects/{name}, where {name} is 1 to 63 characters of a-z, 0-9"
                                + " and -, begins with a letter and does not end with -");
        assertThat(PatternWords.of("value does not match regex pattern `^(sha256:[0-9a-f]{64})?$`"))
                .isEqualTo(
                        "must be empty or sha256:{hex}, where {hex} is 64 digits of 0-9 and a-f");
    }

    @Test
    void a_pattern_of_other_parts_stays_as_it_is() {
        String message = "value does not match regex pattern `^g[0-9]{1,19}-[0-9a-f]{8}$`";
        assertThat(PatternWords.of(message)).isEqualTo(message);
    }

    @ParameterizedTest
    @CsvSource({"-9223372036854775808, 0", "1, -1", "0, 1000000000", "315576000001, 0"})
    void a_duration_that_is_none_is_named(long seconds, int nanos) {
        var violations = new FieldViolations();
        assertThat(
                        TimeFields.cleaned(
                                RetryInfo.newBuilder()
                                        .setRetryDelay(
                                                Duration.newBuilder()
                                                        .setSeconds(seconds)
                                                        .setNanos(nanos))
                                        .build(),
                                violations))
                .isEqualTo(RetryInfo.getDefaultInstance());
        assertThat(violations.list())
                .extracting(FieldViolation::getField)
                .containsExactly("retry_delay");
    }

    @Test
    void more_violations_than_fit_into_a_header_are_counted() {
        var violations = new FieldViolations();
        for (int i = 0; i < 200; i++) {
            violations.add("machine.disks[" + i + "].size", "int64.gte", "must not be negative");
        }
        violations.add("parent", "string.pattern", "must be projects/{name}");

        assertThat(violations.list().getFirst().getField()).isEqualTo("parent");
        assertThat(violations.list().getLast().getDescription()).endsWith("more violations");
        assertThat(violations.list().stream().mapToInt(FieldViolation::getSerializedSize).sum())
                .isLessThan(3_200);
        assertThat(violations.summary()).startsWith("parent: ").hasSizeLessThan(700);
    }

    @Test
    void a_duration_in_its_bounds_is_not() {
        var violations = new FieldViolations();
        RetryInfo sound =
                RetryInfo.newBuilder().setRetryDelay(Duration.newBuilder().setSeconds(-5)).build();
        assertThat(TimeFields.cleaned(sound, violations)).isSameAs(sound);
        assertThat(violations.list()).isEmpty();
    }
}
