package io.tlvm.catalog.postgres;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.tlvm.catalog.catalog.RecordsUnavailable;
import io.tlvm.foundation.postgres.ReactiveBridge;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;

import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

import java.net.ConnectException;
import java.util.function.Function;

/**
 * Transactions for blocking callers, over foundation's bridge. Tells an outage, which passes, from
 * everything else.
 */
@Singleton
class Database {
    private static final int CAUSES_MAX = 20;

    private final ReactiveBridge bridge;

    Database(ReactiveBridge bridge) {
        this.bridge = bridge;
    }

    /** Runs the work in one transaction; what it answers is committed when this returns. */
    <T> T inTransaction(Function<Mutiny.Session, Uni<? extends T>> work) {
        try {
            return bridge.await(
                    () -> Panache.withTransaction(() -> Panache.getSession().<T>chain(work)));
        } catch (RuntimeException failed) {
            throw outage(failed) ? new RecordsUnavailable(failed) : failed;
        }
    }

    private static boolean outage(Throwable failed) {
        @Nullable Throwable cause = failed;
        for (int depth = 0;
                cause != null && depth < CAUSES_MAX;
                depth++, cause = cause.getCause()) {
            boolean found =
                    switch (cause) {
                        case ConnectException _, ClosedConnectionException _, TimeoutException _ ->
                                true;
                        // Classes 57 (operator intervention) and 08 (connection) of PostgreSQL's
                        // error codes.
                        case PgException pg ->
                                pg.getSqlState().startsWith("57")
                                        || pg.getSqlState().startsWith("08");
                        // Statement and rollback failed together; the first is the cause chain that
                        // is walked on.
                        case CompositeException several ->
                                several.getCauses().stream()
                                        .anyMatch(
                                                one ->
                                                        one.getCause()
                                                                instanceof
                                                                ClosedConnectionException);
                        case Throwable _ -> false;
                    };
            if (found) {
                return true;
            }
        }
        return false;
    }
}
