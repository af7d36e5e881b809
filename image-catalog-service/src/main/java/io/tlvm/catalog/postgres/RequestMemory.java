package io.tlvm.catalog.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.catalog.catalog.Inserted;
import io.tlvm.catalog.catalog.RepeatableRequest;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.Optional;

/** Remembers requests in the transaction of their effect. */
final class RequestMemory {
    private RequestMemory() {}

    /**
     * Claims the request for this transaction. Of two transactions with the same request the second
     * waits here for the first.
     *
     * @param result what a repeated request is answered from
     * @return empty to go on, otherwise how the request ended before
     */
    static Uni<Optional<Inserted>> claim(
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
                                                    + " request_id, body_digest, result) values"
                                                    + " (:caller, :id, :body, :result) on conflict"
                                                    + " do nothing")
                                        .setParameter("caller", asked.caller())
                                        .setParameter("id", asked.id())
                                        .setParameter("body", asked.bodyDigest())
                                        .setParameter("result", result)
                                        .executeUpdate())
                .chain(
                        inserted ->
                                inserted == 1
                                        ? Uni.createFrom().item(Optional.empty())
                                        : find(session, asked));
    }

    /** How the request ended before; empty when it is new. */
    static Uni<Optional<Inserted>> find(Mutiny.Session session, RepeatableRequest asked) {
        return session.createNativeQuery(
                        "select body_digest, result from remembered_request where caller = :caller"
                                + " and request_id = :id",
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
                                                        asked.bodyDigest().equals(row[0])
                                                                ? new Inserted.Repeated(
                                                                        (String) row[1])
                                                                : new Inserted.IdReused()));
    }
}
