package io.tlvm.foundation.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.stream.Stream;

class SpiffeIdTest {

    private static final TrustDomain DOMAIN = new TrustDomain("tlvm.example");

    static Stream<SpiffeId> ids() {
        return Stream.of(
                DOMAIN.node("node-a"),
                DOMAIN.node("n"),
                DOMAIN.service("vm-service"),
                DOMAIN.service("image-catalog-service"),
                DOMAIN.user("admin"),
                DOMAIN.user("jane.doe_2"),
                new TrustDomain("t").user("0"));
    }

    @ParameterizedTest
    @MethodSource("ids")
    void an_id_is_read_back_from_its_uri(SpiffeId id) {
        assertThat(SpiffeId.parse(id.uri())).isEqualTo(id);
    }

    @Test
    void the_uris_are_those_of_the_specification() {
        assertThat(DOMAIN.node("node-a").uri())
                .isEqualTo("spiffe://tlvm.example/node/node-a/igvm-agent");
        assertThat(DOMAIN.service("vm-service").uri())
                .isEqualTo("spiffe://tlvm.example/svc/vm-service");
        assertThat(DOMAIN.user("admin").uri()).isEqualTo("spiffe://tlvm.example/user/admin");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "spiffe://",
                "spiffe://tlvm.example",
                "spiffe://tlvm.example/",
                "spiffe:///user/admin",
                "https://tlvm.example/user/admin",
                "SPIFFE://tlvm.example/user/admin",
                "spiffe://TLVM.example/user/admin",
                "spiffe://tlvm.example:8080/user/admin",
                "spiffe://x@tlvm.example/user/admin",
                "spiffe://tlvm.example/user/admin/",
                "spiffe://tlvm.example/user/",
                "spiffe://tlvm.example/user/a/b",
                "spiffe://tlvm.example//user/admin",
                "spiffe://tlvm.example/user/../user/admin",
                "spiffe://tlvm.example/user/Admin",
                "spiffe://tlvm.example/user/adm%69n",
                "spiffe://tlvm.example/user/admin?x=1",
                "spiffe://tlvm.example/user/admin#x",
                "spiffe://tlvm.example/user/admin\n",
                " spiffe://tlvm.example/user/admin",
                "spiffe://tlvm.example/node/node-a",
                "spiffe://tlvm.example/node/node-a/",
                "spiffe://tlvm.example/node/node-a/igvm-agent/x",
                "spiffe://tlvm.example/node/node-a/other-agent",
                "spiffe://tlvm.example/node/-a/igvm-agent",
                "spiffe://tlvm.example/node/a-/igvm-agent",
                "spiffe://tlvm.example/node/a.b/igvm-agent",
                "spiffe://tlvm.example/svc/vm-service/x",
                "spiffe://tlvm.example/svc/*",
                "spiffe://tlvm.example/admin/root",
            })
    void everything_else_is_refused(String uri) {
        assertThatThrownBy(() -> SpiffeId.parse(uri))
                .isInstanceOfSatisfying(
                        IdentityRefusedException.class,
                        refused ->
                                assertThat(refused.refusal())
                                        .isInstanceOf(IdentityRefusal.NotASpiffeId.class));
    }

    @Test
    void names_longer_than_a_label_are_refused() {
        assertThat(SpiffeId.parse(DOMAIN.node("a".repeat(63)).uri())).isNotNull();
        assertThatThrownBy(
                        () ->
                                SpiffeId.parse(
                                        "spiffe://tlvm.example/node/"
                                                + "a".repeat(64)
                                                + "/igvm-agent"))
                .isInstanceOf(IdentityRefusedException.class);
        assertThatThrownBy(() -> SpiffeId.parse("spiffe://tlvm.example/user/" + "a".repeat(5_000)))
                .isInstanceOf(IdentityRefusedException.class);
    }
}
