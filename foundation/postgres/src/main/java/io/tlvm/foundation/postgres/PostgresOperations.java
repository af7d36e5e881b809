package io.tlvm.foundation.postgres;

import com.google.protobuf.Any;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationOutcome;
import io.tlvm.foundation.operation.OperationOutcome.Cancelled;
import io.tlvm.foundation.operation.OperationOutcome.Failed;
import io.tlvm.foundation.operation.OperationOutcome.Later;
import io.tlvm.foundation.operation.OperationOutcome.Succeeded;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.operation.OperationState;
import io.tlvm.foundation.operation.OperationStore;
import io.tlvm.foundation.refusal.ErrorDomain;

import org.hibernate.reactive.mutiny.Mutiny;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Long-running operations in PostgreSQL. All times of claims are the database's own, so that
 * replicas need not agree on theirs.
 */
public final class PostgresOperations implements OperationStore {
    private static final List<OperationState> UNFINISHED =
            List.of(OperationState.QUEUED, OperationState.RUNNING);
    private static final String HELD =
            " where id = :id and claimed_by = :runner and claimed_until > now() and state ="
                    + " 'RUNNING'";
    private static final String IN_MILLIS =
            "now() + cast(:millis as double precision) * interval '1 millisecond'";

    private final Database database;
    private final ErrorDomain service;
    private final Finish finish;

    /** What a service changes of its own in the transaction that ends a claim. */
    @FunctionalInterface
    public interface Finish {
        /** Called while the row of the operation is locked. */
        Uni<Void> with(Mutiny.Session session, OperationName name);
    }

    /** For a service whose rows do not depend on the state of its operations. */
    public PostgresOperations(Database database, ErrorDomain service) {
        this(database, service, (session, name) -> Uni.createFrom().voidItem());
    }

    /**
     * @param service whose operations these are; those of others do not exist here
     * @param finish what else belongs to the end of a claim
     */
    public PostgresOperations(Database database, ErrorDomain service, Finish finish) {
        this.database = database;
        this.service = service;
        this.finish = finish;
    }

    /** Adds an operation in the transaction of the change that it belongs to. */
    public Uni<Void> insert(Mutiny.Session session, OperationRecord operation) {
        return session.persist(OperationRow.of(operation)).chain(session::flush);
    }

    /** Operations on these resources that are queued or running, in the caller's transaction. */
    public Uni<List<OperationRecord>> unfinished(Mutiny.Session session, List<String> targets) {
        return records(
                session.createSelectionQuery(
                                "from OperationRow where target in :targets and state in"
                                        + " :unfinished",
                                OperationRow.class)
                        .setParameter("targets", targets)
                        .setParameter("unfinished", UNFINISHED));
    }

    private Uni<List<OperationRecord>> records(Mutiny.SelectionQuery<OperationRow> query) {
        return query.getResultList()
                .map(rows -> rows.stream().map(row -> row.toRecord(service)).toList());
    }

    @Override
    public List<OperationRecord> claim(String runner, Duration lease, int max) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "update operation set state = 'RUNNING', claimed_by ="
                                                + " :runner, claimed_until = "
                                                + IN_MILLIS
                                                + ", update_time = now() where id in (select id"
                                                + " from operation where state in ('QUEUED',"
                                                + " 'RUNNING') and (claimed_until is null or"
                                                + " claimed_until <= now()) order by create_time"
                                                + " limit :max for update skip locked) returning"
                                                + " id",
                                        String.class)
                                .setParameter("runner", runner)
                                .setParameter("millis", (double) lease.toMillis())
                                .setParameter("max", max)
                                .getResultList()
                                .chain(ids -> claimed(session, ids)));
    }

    private Uni<List<OperationRecord>> claimed(Mutiny.Session session, List<String> ids) {
        return ids.isEmpty()
                ? Uni.createFrom().item(List.of())
                : records(
                        session.createSelectionQuery(
                                        "from OperationRow where id in :ids order by createTime",
                                        OperationRow.class)
                                .setParameter("ids", ids));
    }

    @Override
    public Hold heartbeat(OperationName name, String runner, Duration lease) {
        return database.inTransaction(
                session ->
                        hold(
                                held(
                                                session,
                                                "update operation set claimed_until = "
                                                        + IN_MILLIS
                                                        + HELD,
                                                name,
                                                runner)
                                        .setParameter("millis", (double) lease.toMillis())));
    }

    @Override
    public Hold progress(OperationName name, String runner, String step, Any metadata) {
        return database.inTransaction(
                session ->
                        hold(
                                held(
                                                session,
                                                "update operation set step = :step, metadata ="
                                                        + " :metadata, update_time = now()"
                                                        + HELD,
                                                name,
                                                runner)
                                        .setParameter("step", step)
                                        .setParameter("metadata", metadata.toByteArray())));
    }

    private static Mutiny.SelectionQuery<Boolean> held(
            Mutiny.Session session, String update, OperationName name, String runner) {
        return session.createNativeQuery(update + " returning cancel_requested", Boolean.class)
                .setParameter("id", name.id().toString())
                .setParameter("runner", runner);
    }

    private static Uni<Hold> hold(Mutiny.SelectionQuery<Boolean> update) {
        return update.getResultList()
                .map(rows -> rows.isEmpty() ? new Hold.Lost() : new Hold.Held(rows.getFirst()));
    }

    @Override
    public boolean finish(OperationName name, String runner, OperationOutcome outcome) {
        return database.inTransaction(
                session ->
                        ended(session, outcome)
                                .setParameter("id", name.id().toString())
                                .setParameter("runner", runner)
                                .executeUpdate()
                                .chain(
                                        changed ->
                                                changed == 1
                                                        ? finish.with(session, name)
                                                                .replaceWith(true)
                                                        : Uni.createFrom().item(false)));
    }

    private static Mutiny.MutationQuery ended(Mutiny.Session session, OperationOutcome outcome) {
        return switch (outcome) {
            case Later(var delay) ->
                    session.createNativeQuery(
                                    "update operation set claimed_by = null, update_time = now(),"
                                            + " claimed_until = "
                                            + IN_MILLIS
                                            + HELD)
                            .setParameter("millis", (double) delay.toMillis());
            case Succeeded(var response) ->
                    ended(session, OperationState.SUCCEEDED, "response", response.toByteArray());
            case Failed(var error) ->
                    ended(session, OperationState.FAILED, "error", error.toByteArray());
            case Cancelled(var error) ->
                    ended(session, OperationState.CANCELLED, "error", error.toByteArray());
        };
    }

    /**
     * @param column that takes the result, response or error
     */
    private static Mutiny.MutationQuery ended(
            Mutiny.Session session, OperationState state, String column, byte[] result) {
        return session.createNativeQuery(
                        "update operation set state = :state, "
                                + column
                                + " = :result, claimed_by = null, claimed_until = null,"
                                + " update_time = now()"
                                + HELD)
                .setParameter("state", state.name())
                .setParameter("result", result);
    }

    @Override
    public Optional<OperationRecord> find(OperationName name) {
        if (!name.equals(OperationName.of(name.project(), service, name.id()))) {
            return Optional.empty();
        }
        return database.inTransaction(
                session ->
                        records(
                                        session.createSelectionQuery(
                                                        "from OperationRow where id = :id and"
                                                                + " project = :project",
                                                        OperationRow.class)
                                                .setParameter("id", name.id().toString())
                                                .setParameter("project", name.project()))
                                .map(found -> found.stream().findFirst()));
    }

    @Override
    public List<OperationRecord> list(Query query) {
        var hql = new StringBuilder("from OperationRow where project = :project and id > :after");
        query.target().ifPresent(target -> hql.append(" and target = :target"));
        query.done()
                .ifPresent(
                        done ->
                                hql.append(" and state ")
                                        .append(done ? "not in" : "in")
                                        .append(" :unfinished"));
        return database.inTransaction(
                session -> {
                    var select =
                            session.createSelectionQuery(
                                            hql.append(" order by id").toString(),
                                            OperationRow.class)
                                    .setParameter("project", query.project())
                                    .setParameter("after", query.after().orElse(""))
                                    .setMaxResults(query.limit());
                    query.target().ifPresent(target -> select.setParameter("target", target));
                    query.done().ifPresent(done -> select.setParameter("unfinished", UNFINISHED));
                    return records(select);
                });
    }

    @Override
    public boolean requestCancel(OperationName name) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "update operation set cancel_requested = cancel_requested"
                                            + " or state in ('QUEUED', 'RUNNING') where id = :id"
                                            + " and project = :project")
                                .setParameter("id", name.id().toString())
                                .setParameter("project", name.project())
                                .executeUpdate()
                                .map(found -> found == 1));
    }

    @Override
    public boolean delete(OperationName name) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "delete from operation where id = :id and project ="
                                            + " :project and state not in ('QUEUED', 'RUNNING')")
                                .setParameter("id", name.id().toString())
                                .setParameter("project", name.project())
                                .executeUpdate()
                                .map(deleted -> deleted == 1));
    }
}
