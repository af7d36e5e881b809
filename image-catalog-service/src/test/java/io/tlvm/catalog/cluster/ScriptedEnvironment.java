package io.tlvm.catalog.cluster;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.tlvm.foundation.tls.FreePort;
import io.tlvm.foundation.tls.ScriptedPki;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a deployed catalog has around it: PostgreSQL, a store, and certificates made by the script
 * that makes those of a cluster.
 */
public final class ScriptedEnvironment implements QuarkusTestResourceLifecycleManager {
    private EmbeddedPostgres postgres;
    private ScriptedPki pki;
    private int port;

    /**
     * What a test reaches: certificates as the script laid them out, the service's port, and the
     * data directory of its database.
     */
    public record Access(Path pki, int port, Path database) {}

    /**
     * Quarkus starts CatalogEnvironment as well, for every class: what is set here comes after it
     * and counts.
     */
    @Override
    public int order() {
        return 1;
    }

    @Override
    public Map<String, String> start() {
        try {
            pki = ScriptedPki.make("--user", "admin", "--user", "alice", "--node", "node-a");
            pki.foreign("user/admin");
            postgres =
                    EmbeddedPostgres.builder()
                            .setServerConfig("fsync", "off")
                            .setDataDirectory(data())
                            .start();
            port = FreePort.find();
            String database = "127.0.0.1:" + postgres.getPort() + "/postgres";
            return Map.ofEntries(
                    Map.entry("quarkus.datasource.reactive.url", "postgresql://" + database),
                    Map.entry("quarkus.datasource.jdbc.url", "jdbc:postgresql://" + database),
                    Map.entry("quarkus.datasource.username", "postgres"),
                    Map.entry("quarkus.datasource.password", "postgres"),
                    Map.entry("tlvm.trust-domain", "tlvm.local"),
                    Map.entry("quarkus.grpc.server.port", Integer.toString(port)),
                    Map.entry("quarkus.management.port", Integer.toString(FreePort.find())),
                    Map.entry(
                            "tlvm.pki.directory",
                            pki.directory().resolve("svc/image-catalog-service").toString()),
                    Map.entry("tlvm.catalog.store.reserve", "0"),
                    Map.entry(
                            "tlvm.catalog.store.directory",
                            pki.directory().resolve("store").toString()));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(
                new Access(pki.directory(), port, data()),
                new TestInjector.MatchesType(Access.class));
    }

    private Path data() {
        return pki.directory().resolve("postgres");
    }

    @Override
    public void stop() {
        try {
            if (postgres != null) {
                postgres.close();
            }
            if (pki != null) {
                pki.close();
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
