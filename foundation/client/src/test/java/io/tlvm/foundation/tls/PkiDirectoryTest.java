package io.tlvm.foundation.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

class PkiDirectoryTest {

    private static final String OLD = "spiffe://tlvm.example/node/old/igvm-agent";
    private static final String NEW = "spiffe://tlvm.example/node/new/igvm-agent";

    private final Path directory;

    private final TestPki authority = new TestPki("authority");

    PkiDirectoryTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void new_files_are_used_from_the_next_look_on() {
        try (var pki = PkiDirectory.open(authority.issue(directory, OLD))) {
            var alias = pki.keyManager().chooseEngineClientAlias(new String[] {"EC"}, null, null);
            authority.issue(directory, NEW);

            assertThat(pki.reload()).isInstanceOf(PkiDirectory.Reload.Replaced.class);
            assertThat(pki.identity().id().uri()).isEqualTo(NEW);
            assertThat(pki.reload()).isEqualTo(new PkiDirectory.Reload.Unchanged());
            assertThat(pki.keyManager().getPrivateKey(alias))
                    .as(
                            "a handshake that began before the rotation ends with the key it began"
                                    + " with")
                    .isNotNull();
        }
    }

    @Test
    void files_that_do_not_fit_together_change_nothing() throws Exception {
        try (var pki = PkiDirectory.open(authority.issue(directory, OLD))) {
            Path other =
                    authority.issue(
                            directory.resolveSibling("other-" + directory.getFileName()), NEW);
            Files.copy(
                    other.resolve("tls.crt"),
                    directory.resolve("tls.crt"),
                    StandardCopyOption.REPLACE_EXISTING);

            assertThat(pki.reload())
                    .isInstanceOfSatisfying(
                            PkiDirectory.Reload.Kept.class,
                            kept ->
                                    assertThat(kept.why())
                                            .contains("tls.key does not belong to tls.crt"));
            assertThat(pki.identity().id().uri()).isEqualTo(OLD);

            Files.copy(
                    other.resolve("tls.key"),
                    directory.resolve("tls.key"),
                    StandardCopyOption.REPLACE_EXISTING);
            assertThat(pki.reload()).isInstanceOf(PkiDirectory.Reload.Replaced.class);
        }
    }

    @Test
    void missing_damaged_and_expired_files_change_nothing() throws Exception {
        try (var pki = PkiDirectory.open(authority.issue(directory, OLD))) {
            Files.writeString(
                    directory.resolve("tls.crt"),
                    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
            assertThat(pki.reload()).isInstanceOf(PkiDirectory.Reload.Kept.class);

            authority.issue(
                    directory,
                    Instant.now().minus(Duration.ofHours(2)),
                    Instant.now().minus(Duration.ofHours(1)),
                    NEW);
            assertThat(pki.reload()).isInstanceOf(PkiDirectory.Reload.Kept.class);

            Files.delete(directory.resolve("ca.crt"));
            assertThat(pki.reload()).isInstanceOf(PkiDirectory.Reload.Kept.class);
            assertThat(pki.identity().id().uri()).isEqualTo(OLD);
        }
    }

    @Test
    void a_watched_directory_reports_its_rotation() throws Exception {
        var heard = new LinkedBlockingQueue<PkiDirectory.Reload>();
        try (var pki = PkiDirectory.open(authority.issue(directory, OLD))) {
            pki.watch(
                    Duration.ofMillis(20),
                    reload -> {
                        if (reload instanceof PkiDirectory.Reload.Replaced) {
                            heard.add(reload);
                        }
                    });
            authority.issue(directory, NEW);

            assertThat(heard.poll(10, TimeUnit.SECONDS)).isNotNull();
        }
    }

    @Test
    void an_unusable_directory_does_not_open_and_shows_no_key() throws Exception {
        authority.issue(directory, OLD);
        Files.writeString(
                directory.resolve("tls.key"),
                "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXNlY3JldA==\n-----END PRIVATE KEY-----\n");

        assertThatThrownBy(() -> PkiDirectory.open(directory))
                .isInstanceOf(PkiUnusableException.class)
                .hasMessageContaining("tls.key")
                .hasNoCause();
    }

    @Test
    void credentials_do_not_print_their_key() {
        authority.issue(directory, OLD);

        assertThat(Credentials.load(directory, Instant.now()).toString())
                .doesNotContain("PrivateKey")
                .contains(OLD.substring(9, 20));
    }
}
