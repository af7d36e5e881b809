package io.tlvm.foundation.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.foundation.tls.TestPki;

import org.junit.jupiter.api.Test;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;

class PeerIdentityTest {

    private static final String NODE = "spiffe://tlvm.example/node/node-a/igvm-agent";

    private final TestPki pki = new TestPki("authority");
    private final Instant now = Instant.now();

    private X509Certificate certificate(String... uris) {
        return pki.certificate(now.minus(Duration.ofHours(1)), now.plus(Duration.ofHours(1)), uris);
    }

    private IdentityRefusal refusal(X509Certificate certificate, Instant at) {
        try {
            throw new AssertionError("accepted as " + PeerIdentity.of(certificate, at));
        } catch (IdentityRefusedException refused) {
            return refused.refusal();
        }
    }

    @Test
    void one_uri_name_is_the_identity() {
        PeerIdentity peer = PeerIdentity.of(certificate(NODE), now);

        assertThat(peer.id()).isEqualTo(new TrustDomain("tlvm.example").node("node-a"));
        assertThat(peer.fingerprint()).matches("sha256:[0-9a-f]{64}");
    }

    @Test
    void no_uri_name_is_refused() {
        assertThat(refusal(certificate(), now)).isEqualTo(new IdentityRefusal.NotOneUri(0));
    }

    @Test
    void two_uri_names_are_refused_even_if_one_is_right() {
        assertThat(refusal(certificate(NODE, "spiffe://tlvm.example/user/admin"), now))
                .isEqualTo(new IdentityRefusal.NotOneUri(2));
    }

    @Test
    void a_foreign_uri_is_refused() {
        assertThat(refusal(certificate("https://tlvm.example/"), now))
                .isInstanceOf(IdentityRefusal.NotASpiffeId.class);
    }

    @Test
    void a_certificate_is_refused_before_and_after_its_time() {
        X509Certificate certificate = certificate(NODE);

        assertThat(refusal(certificate, now.minus(Duration.ofHours(2))))
                .isInstanceOf(IdentityRefusal.NotValidNow.class);
        assertThat(refusal(certificate, now.plus(Duration.ofHours(2))))
                .isInstanceOf(IdentityRefusal.NotValidNow.class);
    }

    @Test
    void a_refusal_says_what_is_wrong() {
        assertThatThrownBy(() -> PeerIdentity.of(certificate(), now))
                .hasMessageContaining("0 URI names");
    }
}
