package io.tlvm.catalog.cluster;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.tlvm.foundation.tls.FreePort;
import io.tlvm.foundation.tls.TestPki;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A real PostgreSQL, a certificate authority with the peers that tests play, and an empty image
 * store.
 */
public final class CatalogEnvironment implements QuarkusTestResourceLifecycleManager {
    static final String TRUST_DOMAIN = "test.tlvm";

    private Path directory;
    private EmbeddedPostgres postgres;

    @Override
    public Map<String, String> start() {
        try {
            directory = Files.createTempDirectory("tlvm-catalog-test");
            postgres =
                    EmbeddedPostgres.builder()
                            .setServerConfig("fsync", "off")
                            .setDataDirectory(directory.resolve("postgres"))
                            .start();
            Path pki = directory.resolve("pki");
            var authority = new TestPki("cluster");
            for (String peer :
                    new String[] {
                        "svc/image-catalog-service",
                        "svc/vm-service",
                        "svc/stranger",
                        "user/admin",
                        "user/alice",
                        "user/bob",
                        "node/node-a/igvm-agent"
                    }) {
                authority.issue(pki.resolve(peer), "spiffe://" + TRUST_DOMAIN + "/" + peer);
            }
            authority.issue(
                    pki.resolve("expired"),
                    Instant.now().minus(Duration.ofDays(1)),
                    Instant.now().minus(Duration.ofMinutes(1)),
                    "spiffe://" + TRUST_DOMAIN + "/user/admin");
            authority.issue(pki.resolve("other-domain"), "spiffe://elsewhere/user/admin");
            new TestPki("foreign")
                    .issue(pki.resolve("foreign"), "spiffe://" + TRUST_DOMAIN + "/user/admin");
            int port = FreePort.find();
            String database = "127.0.0.1:" + postgres.getPort() + "/postgres";
            return Map.ofEntries(
                    Map.entry("test.directory", directory.toString()),
                    Map.entry("test.port", String.valueOf(port)),
                    Map.entry("quarkus.grpc.server.test-port", String.valueOf(port)),
                    Map.entry("quarkus.management.test-port", "0"),
                    Map.entry("quarkus.datasource.reactive.url", "postgresql://" + database),
                    Map.entry("quarkus.datasource.jdbc.url", "jdbc:postgresql://" + database),
                    Map.entry("quarkus.datasource.username", "postgres"),
                    Map.entry("quarkus.datasource.password", "postgres"),
                    Map.entry("tlvm.trust-domain", TRUST_DOMAIN),
                    Map.entry(
                            "tlvm.pki.directory",
                            pki.resolve("svc/image-catalog-service").toString()),
                    Map.entry("tlvm.catalog.store.reserve", "0"),
                    Map.entry("tlvm.catalog.store.content-size-max", String.valueOf(1L << 40)),
                    Map.entry(
                            "tlvm.catalog.store.directory", directory.resolve("store").toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {
        try {
            if (postgres != null) {
                postgres.close();
            }
            if (directory != null) {
                try (Stream<Path> files = Files.walk(directory)) {
                    for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
