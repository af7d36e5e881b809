package io.tlvm.vm.world;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.tlvm.foundation.tls.FreePort;
import io.tlvm.foundation.tls.ScriptedPki;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * What a deployed vm-service has around it: PostgreSQL, and certificates made by the script that
 * makes those of a cluster.
 */
public final class ScriptedWorld implements QuarkusTestResourceLifecycleManager {
    private EmbeddedPostgres postgres;
    private ScriptedPki pki;
    private int port;

    /**
     * Quarkus starts World as well, for every class: what is set here comes after it and counts.
     */
    @Override
    public int order() {
        return 1;
    }

    @Override
    public Map<String, String> start() {
        try {
            pki = ScriptedPki.make("--user", "admin", "--user", "alice");
            pki.foreign("user/admin");
            pki.expired("user/admin");
            postgres = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
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
                            pki.directory().resolve("svc/vm-service").toString()),
                    Map.entry("tlvm.catalog.address", "127.0.0.1:" + FreePort.find()));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(
                new Surroundings(pki.directory(), port, postgres.getPostgresDatabase()),
                new TestInjector.MatchesType(Surroundings.class));
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
