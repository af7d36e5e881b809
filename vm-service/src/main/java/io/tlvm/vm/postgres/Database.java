package io.tlvm.vm.postgres;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.postgres.ReactiveBridge;
import io.tlvm.vm.refusal.StoreUnavailable;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;

import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

import java.net.ConnectException;
import java.util.Optional;
import java.util.function.Function;

/** Runs work in a transaction, for blocking callers on virtual threads. */
@Singleton
class Database {
    private static final int CAUSES_MAX = 20;

    private final ReactiveBridge bridge;

    Database(ReactiveBridge bridge) {
        this.bridge = bridge;
    }

    /**
     * What the work answers is committed when this returns.
     *
     * @throws StoreUnavailable when the database is away; whether the work was committed is then
     *     unknown
     */
    <T extends @Nullable Object> T inTransaction(Function<Mutiny.Session, Uni<T>> work) {
        try {
            return bridge.await(
                    () ->
                            Panache.withTransaction(
                                    () ->
                                            Panache.getSession()
                                                    .chain(session -> work.apply(session))));
        } catch (RuntimeException failed) {
            if (unavailable(failed)) {
                throw new StoreUnavailable(failed);
            }
            throw failed;
        }
    }

    /** The SQLSTATE in the causes of a failure, if the database answered with one. */
    static Optional<String> sqlState(Throwable failed) {
        @Nullable Throwable cause = failed;
        for (int depth = 0;
                cause != null && depth < CAUSES_MAX;
                depth++, cause = cause.getCause()) {
            if (cause instanceof PgException pg) {
                return Optional.ofNullable(pg.getSqlState());
            }
        }
        return Optional.empty();
    }

    private static boolean unavailable(Throwable failed) {
        @Nullable Throwable cause = failed;
        for (int depth = 0;
                cause != null && depth < CAUSES_MAX;
                depth++, cause = cause.getCause()) {
            if (isOutage(cause)
                    || (cause instanceof CompositeException several
                            && several.getCauses().stream()
                                    .anyMatch(Database::isOutageOrCausedByOne))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOutageOrCausedByOne(Throwable one) {
        return isOutage(one) || (one.getCause() != null && isOutage(one.getCause()));
    }

    private static boolean isOutage(Throwable cause) {
        return cause instanceof ConnectException
                || cause instanceof ClosedConnectionException
                || cause instanceof TimeoutException
                // Classes 57 (operator intervention) and 08 (connection) of the SQLSTATE table.
                || (cause instanceof PgException pg
                        && pg.getSqlState() != null
                        && (pg.getSqlState().startsWith("57")
                                || pg.getSqlState().startsWith("08")));
    }
}
