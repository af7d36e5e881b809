package io.tlvm.foundation.postgres;

import io.quarkus.runtime.StartupEvent;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;

import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.jboss.logging.Logger;

import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;

/**
 * Has Flyway migrate the database before anything else uses it, unless it already is what this
 * service was built for. One statement finds that out; Flyway itself takes as long as all the rest
 * of a native start.
 */
@Singleton
class Schema {
    private static final Logger LOG = Logger.getLogger(Schema.class);
    private static final Duration ANSWER_MAX = Duration.ofSeconds(10);

    /** Flyway's own record of what it did; a migration that failed counts as none. */
    private static final String NEWEST =
            "select case when success then version end from flyway_schema_history"
                    + " order by installed_rank desc limit 1";

    private final Pool pool;
    private final Instance<Flyway> flyway;
    private final String wanted;

    Schema(Pool pool, Instance<Flyway> flyway, SchemaConfig config) {
        this.pool = pool;
        this.flyway = flyway;
        this.wanted = config.version();
    }

    /**
     * @throws RuntimeException Flyway's, when the database cannot be reached or migrated
     */
    void bring(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
        if (newest().filter(wanted::equals).isPresent()) {
            return;
        }
        Flyway migration = flyway.get();
        migration.migrate();
        String newestScript =
                Arrays.stream(migration.info().all())
                        .filter(script -> script.getState().isResolved())
                        .map(MigrationInfo::getVersion)
                        .max(Comparator.naturalOrder())
                        .orElseThrow()
                        .getVersion();
        if (!newestScript.equals(wanted)) {
            throw new IllegalStateException(
                    "the newest migration is %s, tlvm.schema.version says %s: correct the setting"
                            .formatted(newestScript, wanted));
        }
    }

    /** Empty for a database without a history, and for one that does not answer. */
    private Optional<String> newest() {
        try {
            RowSet<Row> rows = pool.query(NEWEST).execute().await().atMost(ANSWER_MAX);
            return rows.size() == 0
                    ? Optional.empty()
                    : Optional.ofNullable(rows.iterator().next().getString(0));
        } catch (RuntimeException unknown) {
            LOG.debugf(unknown, "no history of migrations");
            return Optional.empty();
        }
    }
}
