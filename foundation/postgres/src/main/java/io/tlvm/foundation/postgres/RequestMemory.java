package io.tlvm.foundation.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.request.RepeatableRequest;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Remembers requests for seven days, each in the transaction of its effect: table
 * remembered_request.
 *
 * @param <T> how a service says what came of a request
 */
public final class RequestMemory<T> {
    private final String resultColumn;
    private final Function<String, ? extends T> repeated;
    private final Supplier<? extends T> idReused;

    /**
     * @param resultColumn that holds what a repeated request is answered from
     * @param repeated the same request was done before; made from what was remembered of it
     * @param idReused the request id was used with another body
     */
    public RequestMemory(
            String resultColumn,
            Function<String, ? extends T> repeated,
            Supplier<? extends T> idReused) {
        this.resultColumn = resultColumn;
        this.repeated = repeated;
        this.idReused = idReused;
    }

    /**
     * Claims the request for this transaction. Of two transactions with the same request the second
     * waits here for the first.
     *
     * @param result what a repeated request is answered from
     * @return empty to go on, otherwise how the request ended before
     */
    public Uni<Optional<T>> claim(
            Mutiny.Session session, Optional<RepeatableRequest> request, String result) {
        if (request.isEmpty()) {
            return Uni.createFrom().item(Optional.empty());
        }
        RepeatableRequest asked = request.get();
        return session.createNativeQuery(
                        "delete from remembered_request where create_time < now() - interval '7"
                                + " days'")
                .executeUpdate()
                .chain(
                        () ->
                                session.createNativeQuery(
                                                "insert into remembered_request (caller,"
                                                        + " request_id, body_digest, "
                                                        + resultColumn
                                                        + ") values (:caller, :id, :body, :result)"
                                                        + " on conflict do nothing")
                                        .setParameter("caller", asked.caller())
                                        .setParameter("id", asked.id())
                                        .setParameter("body", asked.fingerprint())
                                        .setParameter("result", result)
                                        .executeUpdate())
                .chain(
                        inserted ->
                                inserted == 1
                                        ? Uni.createFrom().item(Optional.empty())
                                        : find(session, asked));
    }

    /** How the request ended before; empty when it is new. */
    public Uni<Optional<T>> find(Mutiny.Session session, RepeatableRequest asked) {
        return session.createNativeQuery(
                        "select body_digest, "
                                + resultColumn
                                + " from remembered_request where caller = :caller and request_id"
                                + " = :id",
                        Object[].class)
                .setParameter("caller", asked.caller())
                .setParameter("id", asked.id())
                .getResultList()
                .map(
                        rows ->
                                rows.stream()
                                        .findFirst()
                                        .map(
                                                row ->
                                                        asked.fingerprint().equals(row[0])
                                                                ? repeated.apply((String) row[1])
                                                                : idReused.get()));
    }
}
