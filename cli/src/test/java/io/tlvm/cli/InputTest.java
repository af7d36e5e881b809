package io.tlvm.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.cli.input.Durations;
import io.tlvm.cli.input.EnumWords;
import io.tlvm.cli.input.Memory;
import io.tlvm.cli.input.ResourceNames;
import io.tlvm.cli.problem.ProblemException;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.type.v1.SecurityType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;

class InputTest {

    @ParameterizedTest
    @CsvSource({
        "384MiB,384",
        "8GiB,8192",
        "8192,8192",
        "1.5Gi,1536",
        "1TiB,1048576",
        "2G,2048",
        "512 MiB,512",
        "8gib,8192"
    })
    void memory_is_read_in_mebibytes(String text, long mebibytes) {
        assertThat(Memory.parse(text).mebibytes()).isEqualTo(mebibytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "8GB",
                "512MB",
                "0",
                "-1",
                "1.0001MiB",
                "GiB",
                "8 potatoes",
                "99999999999999999999"
            })
    void memory_that_is_unclear_is_refused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Memory.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
        "90s,PT1M30S",
        "10m,PT10M",
        "2h,PT2H",
        "7d,PT168H",
        "500ms,PT0.5S",
        "30,PT30S",
        "0,PT0S",
        "PT5M,PT5M"
    })
    void durations_are_read(String text, Duration expected) {
        assertThat(Durations.parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10x", "ten", "-5s"})
    void durations_that_are_unclear_are_refused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Durations.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TrustedLaunch",
                "trustedlaunch",
                "TRUSTED_LAUNCH",
                "trusted-launch",
                "SECURITY_TYPE_TRUSTED_LAUNCH"
            })
    void security_types_are_read_in_any_spelling(String text) {
        assertThat(EnumWords.parse(SecurityType.getDescriptor(), text))
                .isEqualTo(SecurityType.SECURITY_TYPE_TRUSTED_LAUNCH_VALUE);
    }

    @Test
    void a_wrong_security_type_is_answered_with_the_right_ones() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EnumWords.parse(SecurityType.getDescriptor(), "ConfidentialVM"))
                .withMessageContaining("Standard, TrustedLaunch");
    }

    @Test
    void enums_lose_their_prefix_for_people() {
        assertThat(EnumWords.word(SecurityType.SECURITY_TYPE_TRUSTED_LAUNCH))
                .isEqualTo("TrustedLaunch");
        assertThat(EnumWords.word(VirtualMachine.PowerState.POWER_STATE_RUNNING))
                .isEqualTo("Running");
        assertThat(EnumWords.word(VirtualMachine.State.STATE_UNSPECIFIED)).isEqualTo("-");
        assertThat(EnumWords.word(VirtualMachine.State.UNRECOGNIZED)).isEqualTo("?");
    }

    @Test
    void short_names_are_completed_and_full_names_stay() {
        var names = new ResourceNames("lab");
        assertThat(names.vm("web01")).isEqualTo("projects/lab/virtualMachines/web01");
        assertThat(names.vm("projects/x/virtualMachines/y"))
                .isEqualTo("projects/x/virtualMachines/y");
        assertThat(names.node("node-a")).isEqualTo("nodes/node-a");
        assertThat(names.imageVersion("P:o:s:1.0"))
                .isEqualTo("publishers/p/offers/o/skus/s/versions/1.0");
    }

    @Test
    void a_urn_as_image_is_answered_with_the_command_that_makes_an_image_of_it() {
        assertThatThrownBy(() -> new ResourceNames("default").image("a:b:c:d"))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        thrown ->
                                assertThat(thrown.problem().fix())
                                        .contains("tlvm image create NAME --urn a:b:c:d"));
    }
}
