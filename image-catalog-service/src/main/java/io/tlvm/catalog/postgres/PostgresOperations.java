package io.tlvm.catalog.postgres;

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

import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Long-running operations in PostgreSQL. All times of claims are the database's own. */
@Singleton
class PostgresOperations implements OperationStore {
    private static final String SERVICE = "catalog";
    private static final String HELD =
            " where id = :id and claimed_by = :runner and claimed_until > now() and state ="
                    + " 'RUNNING'";
    private static final String IN_MILLIS =
            "now() + cast(:millis as double precision) * interval '1 millisecond'";

    private final Database database;

    PostgresOperations(Database database) {
        this.database = database;
    }

    @Override
    public void insert(OperationRecord operation) {
        database.inTransaction(session -> OperationRow.of(operation).persistAndFlush());
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
                                .chain(PostgresOperations::records));
    }

    private static Uni<List<OperationRecord>> records(List<String> ids) {
        return ids.isEmpty()
                ? Uni.createFrom().item(List.of())
                : OperationRow.<OperationRow>list("id in ?1 order by createTime", ids)
                        .map(rows -> rows.stream().map(OperationRow::toRecord).toList());
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
        return switch (outcome) {
            case Later(var delay) -> postpone(name, runner, delay);
            case Succeeded(var response) ->
                    end(name, runner, OperationState.SUCCEEDED, "response", response.toByteArray());
            case Failed(var error) ->
                    end(name, runner, OperationState.FAILED, "error", error.toByteArray());
            case Cancelled(var error) ->
                    end(name, runner, OperationState.CANCELLED, "error", error.toByteArray());
        };
    }

    private boolean postpone(OperationName name, String runner, Duration delay) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "update operation set claimed_by = null, update_time ="
                                                + " now(), claimed_until = "
                                                + IN_MILLIS
                                                + HELD)
                                .setParameter("millis", (double) delay.toMillis())
                                .setParameter("id", name.id().toString())
                                .setParameter("runner", runner)
                                .executeUpdate()
                                .map(changed -> changed == 1));
    }

    /**
     * @param column that takes the result, response or error
     */
    private boolean end(
            OperationName name, String runner, OperationState state, String column, byte[] result) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "update operation set state = :state, "
                                                + column
                                                + " = :result, claimed_by = null, claimed_until ="
                                                + " null, update_time = now()"
                                                + HELD)
                                .setParameter("state", state.name())
                                .setParameter("result", result)
                                .setParameter("id", name.id().toString())
                                .setParameter("runner", runner)
                                .executeUpdate()
                                .map(changed -> changed == 1));
    }

    @Override
    public Optional<OperationRecord> find(OperationName name) {
        if (!name.service().equals(SERVICE)) {
            return Optional.empty();
        }
        return database.inTransaction(
                session ->
                        OperationRow.<OperationRow>list(
                                        "id = ?1 and project = ?2",
                                        name.id().toString(),
                                        name.project())
                                .map(
                                        rows ->
                                                rows.stream()
                                                        .map(OperationRow::toRecord)
                                                        .findFirst()));
    }

    @Override
    public List<OperationRecord> list(Query query) {
        var where = new StringBuilder("project = :project and id > :after");
        Map<String, Object> values =
                new HashMap<>(
                        Map.of("project", query.project(), "after", query.after().orElse("")));
        query.target()
                .ifPresent(
                        target -> {
                            where.append(" and target = :target");
                            values.put("target", target);
                        });
        query.done()
                .ifPresent(
                        done -> {
                            where.append(
                                    done
                                            ? " and state not in :unfinished"
                                            : " and state in :unfinished");
                            values.put(
                                    "unfinished",
                                    List.of(OperationState.QUEUED, OperationState.RUNNING));
                        });
        return database.inTransaction(
                session ->
                        OperationRow.<OperationRow>find(where + " order by id", values)
                                .range(0, query.limit() - 1)
                                .list()
                                .map(rows -> rows.stream().map(OperationRow::toRecord).toList()));
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
