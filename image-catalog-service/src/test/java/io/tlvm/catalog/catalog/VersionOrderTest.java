package io.tlvm.catalog.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.List;

class VersionOrderTest {
    @Test
    void numbers_between_dots_are_compared_by_value() {
        assertThat(sorted("22621.2428.231001", "22621.382.220810", "22621.1702.230505"))
                .containsExactly("22621.382.220810", "22621.1702.230505", "22621.2428.231001");
    }

    @Test
    void a_longer_version_is_newer_than_its_beginning() {
        assertThat(sorted("1.0.1", "1.0")).containsExactly("1.0", "1.0.1");
    }

    @Test
    void a_word_is_older_than_any_number() {
        assertThat(sorted("1.0", "1.rc2", "1.rc1")).containsExactly("1.rc1", "1.rc2", "1.0");
    }

    @Test
    void numbers_that_do_not_fit_a_long_are_still_numbers() {
        assertThat(sorted("100000000000000000000000", "99999999999999999999999"))
                .containsExactly("99999999999999999999999", "100000000000000000000000");
    }

    @Test
    void equal_values_with_different_spelling_have_one_order() {
        assertThat(VersionOrder.INSTANCE.compare("1.0", "1.00")).isNegative();
        assertThat(VersionOrder.INSTANCE.compare("1.00", "1.0")).isPositive();
    }

    private static List<String> sorted(String... versions) {
        return List.of(versions).stream().sorted(VersionOrder.INSTANCE).toList();
    }
}
