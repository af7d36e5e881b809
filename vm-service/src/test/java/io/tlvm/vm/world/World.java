package io.tlvm.vm.world;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.tlvm.foundation.tls.FreePort;
import io.tlvm.foundation.tls.TestPki;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What vm-service needs around it before it starts: a real PostgreSQL and certificates. */
public final class World implements QuarkusTestResourceLifecycleManager {
    static final String TRUST = "spiffe://tlvm.test/";

    private EmbeddedPostgres postgres;
    private Path directory;

    @Override
    public Map<String, String> start() {
        try {
            directory = Files.createTempDirectory("tlvm-vm-test");
            certificates(new TestPki("test-ca"), directory);
            new TestPki("foreign-ca").issue(directory.resolve("foreign"), TRUST + "user/alice");
            postgres =
                    EmbeddedPostgres.builder()
                            .setServerConfig("fsync", "off")
                            .setDataDirectory(directory.resolve("postgres"))
                            .start();
            return config();
        } catch (IOException | CertificateEncodingException failed) {
            throw new IllegalStateException(failed);
        }
    }

    private static void certificates(TestPki pki, Path root)
            throws IOException, CertificateEncodingException {
        pki.issue(root.resolve("vm-service"), TRUST + "svc/vm-service");
        pki.issue(root.resolve("catalog"), TRUST + "svc/image-catalog-service");
        pki.issue(root.resolve("admin"), TRUST + "user/admin");
        pki.issue(root.resolve("alice"), TRUST + "user/alice");
        pki.issue(
                root.resolve("expired"),
                Instant.now().minus(Duration.ofDays(1)),
                Instant.now().minus(Duration.ofHours(1)),
                TRUST + "user/alice");
        pki.issue(root.resolve("other-domain"), "spiffe://elsewhere.test/user/alice");
        pki.issue(
                root.resolve("two-names"),
                Instant.now().minus(Duration.ofHours(1)),
                Instant.now().plus(Duration.ofHours(1)),
                TRUST + "user/alice",
                TRUST + "user/admin");
        for (String node : List.of("node-aa", "node-ab", "node-ac", "node-ad")) {
            pki.issue(root.resolve(node), TRUST + "node/" + node + "/igvm-agent");
        }
        for (char node = 'a'; node <= 'z'; node++) {
            pki.issue(root.resolve("node-" + node), TRUST + "node/node-" + node + "/igvm-agent");
        }
        Files.write(
                root.resolve("ek.der"),
                pki.certificate(
                                Instant.now().minusSeconds(60),
                                Instant.now().plus(Duration.ofDays(1)))
                        .getEncoded());
    }

    private Map<String, String> config() throws IOException {
        String database = "127.0.0.1:" + postgres.getPort() + "/postgres";
        Map<String, String> config = new HashMap<>();
        config.put("quarkus.datasource.reactive.url", "postgresql://" + database);
        config.put("quarkus.datasource.jdbc.url", "jdbc:postgresql://" + database);
        config.put("quarkus.datasource.username", "postgres");
        config.put("quarkus.datasource.password", "postgres");
        // A packaged service, which the tests …IT start, has no test ports.
        String port = Integer.toString(FreePort.find());
        config.put("quarkus.grpc.server.test-port", port);
        config.put("quarkus.grpc.server.port", port);
        config.put("quarkus.management.test-port", "0");
        config.put("quarkus.management.port", Integer.toString(FreePort.find()));
        config.put("quarkus.http.test-port", "0");
        config.put("tlvm.trust-domain", "tlvm.test");
        config.put("tlvm.pki.directory", directory.resolve("vm-service").toString());
        config.put("tlvm.catalog.address", "127.0.0.1:" + FreePort.find());
        config.put("tlvm.vm.settle-period", "200ms");
        config.put("tlvm.vm.key-vault.directory", directory.resolve("key-vault").toString());
        config.put("tlvm.test.gates", "true");
        config.put("test.directory", directory.toString());
        return config;
    }

    @Override
    public void stop() {
        try {
            if (postgres != null) {
                postgres.close();
            }
            if (directory != null) {
                try (var files = Files.walk(directory)) {
                    files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
                }
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
