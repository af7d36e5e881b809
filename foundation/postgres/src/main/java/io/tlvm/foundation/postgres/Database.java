package io.tlvm.foundation.postgres;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;

import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

import java.net.ConnectException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Transactions for blocking callers on virtual threads. Tells an outage, which passes, from
 * everything else, and says so in the words of the service's domain.
 */
public final class Database {
    private static final int CAUSES_MAX = 20;

    private final ReactiveBridge bridge = new ReactiveBridge();
    private final Function<Throwable, ? extends RuntimeException> unavailable;

    /**
     * @param unavailable makes what callers see while the database does not answer
     */
    public Database(Function<Throwable, ? extends RuntimeException> unavailable) {
        this.unavailable = unavailable;
    }

    /**
     * Runs the work in one transaction; what it answers is committed when this returns.
     *
     * @throws RuntimeException what the constructor was given for an outage, when the database is
     *     away; whether the work was committed is then unknown. Otherwise what the work failed with
     */
    public <T extends @Nullable Object> T inTransaction(
            Function<? super Mutiny.Session, ? extends Uni<? extends T>> work) {
        try {
            return bridge.await(
                    () ->
                            Panache.withTransaction(
                                    () ->
                                            Panache.getSession()
                                                    .<T>chain(session -> work.apply(session))));
        } catch (RuntimeException failed) {
            throw outage(failed) ? unavailable.apply(failed) : failed;
        }
    }

    /** The SQLSTATE in the causes of a failure, if the database answered with one. */
    public static Optional<String> sqlState(Throwable failed) {
        return chain(failed)
                .flatMap(
                        cause ->
                                cause instanceof PgException pg
                                        ? Stream.ofNullable(pg.getSqlState())
                                        : Stream.empty())
                .findFirst();
    }

    private static Stream<Throwable> chain(Throwable failed) {
        return Stream.<Throwable>iterate(failed, Objects::nonNull, Throwable::getCause)
                .limit(CAUSES_MAX);
    }

    private static boolean outage(Throwable failed) {
        return chain(failed).flatMap(Database::together).anyMatch(Database::isOutage);
    }

    /** When a statement and its rollback fail together, either may be the one that tells. */
    private static Stream<Throwable> together(Throwable cause) {
        return cause instanceof CompositeException several
                ? several.getCauses().stream().flatMap(Database::chain)
                : Stream.of(cause);
    }

    private static boolean isOutage(Throwable cause) {
        return switch (cause) {
            case ConnectException _, ClosedConnectionException _, TimeoutException _ -> true;
            // Classes 57 (operator intervention) and 08 (connection) of PostgreSQL's error codes.
            case PgException pg ->
                    pg.getSqlState() != null
                            && (pg.getSqlState().startsWith("57")
                                    || pg.getSqlState().startsWith("08"));
            case Throwable _ -> false;
        };
    }
}
