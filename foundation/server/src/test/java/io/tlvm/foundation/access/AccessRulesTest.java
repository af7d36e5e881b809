package io.tlvm.foundation.access;

import static io.tlvm.foundation.access.AllowedCaller.ADMINISTRATOR;
import static io.tlvm.foundation.access.AllowedCaller.NODE;
import static io.tlvm.foundation.access.AllowedCaller.USER;
import static io.tlvm.foundation.access.AllowedCaller.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.foundation.identity.TrustDomain;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.Set;

class AccessRulesTest {

    private static final TrustDomain DOMAIN = new TrustDomain("tlvm.test");

    private final AccessTable table =
            new AccessTable(
                    Map.of(
                            "s.S/ForUsers", Set.of(USER),
                            "s.S/ForNodesAndVmService", Set.of(NODE, service("vm-service")),
                            "s.S/ForAdministrators", Set.of(ADMINISTRATOR)),
                    Set.of());
    private final AccessRules rules = new AccessRules(List.of(table), Set.of("root"));

    @Test
    void a_row_admits_whom_it_names() {
        assertThat(rules.admits("s.S/ForUsers", DOMAIN.user("jane"))).isTrue();
        assertThat(rules.admits("s.S/ForNodesAndVmService", DOMAIN.node("n"))).isTrue();
        assertThat(rules.admits("s.S/ForNodesAndVmService", DOMAIN.service("vm-service"))).isTrue();
        assertThat(rules.admits("s.S/ForAdministrators", DOMAIN.user("root"))).isTrue();
    }

    @Test
    void a_row_admits_nobody_else() {
        assertThat(rules.admits("s.S/ForUsers", DOMAIN.node("jane"))).isFalse();
        assertThat(rules.admits("s.S/ForNodesAndVmService", DOMAIN.service("vm-service-2")))
                .isFalse();
        assertThat(rules.admits("s.S/ForNodesAndVmService", DOMAIN.user("vm-service"))).isFalse();
        assertThat(rules.admits("s.S/ForAdministrators", DOMAIN.user("jane"))).isFalse();
        assertThat(rules.admits("s.S/ForAdministrators", DOMAIN.service("root"))).isFalse();
    }

    @Test
    void a_method_without_row_admits_nobody() {
        assertThat(rules.admits("s.S/Forgotten", DOMAIN.user("root"))).isFalse();
        assertThat(rules.admits("grpc.health.v1.HealthX/Check", DOMAIN.user("root"))).isFalse();
    }

    @Test
    void missing_and_superfluous_rows_are_found() {
        assertThat(
                        rules.mismatches(
                                Set.of(
                                        "s.S/ForUsers",
                                        "s.S/ForAdministrators",
                                        "s.S/New",
                                        "grpc.health.v1.Health/Check")))
                .containsExactly("no row for s.S/New", "row without RPC: s.S/ForNodesAndVmService");
        assertThat(rules.mismatches(table.rows().keySet())).isEmpty();
    }

    @Test
    void a_method_has_one_row_and_a_row_has_callers() {
        assertThatThrownBy(() -> new AccessRules(List.of(table, table), Set.of()))
                .hasMessageContaining("two access tables");
        assertThatThrownBy(() -> new AccessTable(Map.of("s.S/X", Set.of()), Set.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
