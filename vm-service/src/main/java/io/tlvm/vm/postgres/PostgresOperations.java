package io.tlvm.vm.postgres;

import com.google.protobuf.Any;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationOutcome;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.operation.OperationStore;

import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Operations in PostgreSQL. A claim is compared with the database's clock, so that replicas need
 * not agree on theirs.
 */
@Singleton
class PostgresOperations implements OperationStore {
    private static final String NO_WORK = "{}";
    private static final String HELD =
            " where id = :id and claimed_by = :runner and claimed_until > now() and state ="
                    + " 'RUNNING'";

    private final Database database;

    PostgresOperations(Database database) {
        this.database = database;
    }

    @Override
    public void insert(OperationRecord operation) {
        database.inTransaction(session -> insert(session, operation, NO_WORK));
    }

    static Uni<Void> insert(Mutiny.Session session, OperationRecord operation, String work) {
        return session.persist(OperationRow.of(operation, work)).chain(session::flush);
    }

    @Override
    public List<OperationRecord> claim(String runner, Duration lease, int max) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "update operation set state = 'RUNNING', claimed_by ="
                                            + " :runner, claimed_until = now() + :lease * interval"
                                            + " '1 millisecond', update_time = now() where id in"
                                            + " (select id from operation where state in ('QUEUED',"
                                            + " 'RUNNING') and (claimed_until is null or"
                                            + " claimed_until <= now()) order by create_time limit"
                                            + " :max for update skip locked) returning id",
                                        String.class)
                                .setParameter("runner", runner)
                                .setParameter("lease", lease.toMillis())
                                .setParameter("max", max)
                                .getResultList()
                                .chain(
                                        ids ->
                                                ids.isEmpty()
                                                        ? Uni.createFrom()
                                                                .item(List.<OperationRecord>of())
                                                        : OperationRow.<OperationRow>list(
                                                                        "id in ?1 order by"
                                                                                + " createTime",
                                                                        ids)
                                                                .map(
                                                                        rows ->
                                                                                rows.stream()
                                                                                        .map(
                                                                                                OperationRow
                                                                                                        ::toRecord)
                                                                                        .toList())));
    }

    @Override
    public Hold heartbeat(OperationName name, String runner, Duration lease) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "update operation set claimed_until = now() + :lease *"
                                                + " interval '1 millisecond'"
                                                + HELD
                                                + " returning cancel_requested",
                                        Boolean.class)
                                .setParameter("lease", lease.toMillis())
                                .setParameter("id", name.id().toString())
                                .setParameter("runner", runner)
                                .getResultList()
                                .map(PostgresOperations::hold));
    }

    @Override
    public Hold progress(OperationName name, String runner, String step, Any metadata) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "update operation set step = :step, metadata = :metadata,"
                                                + " update_time = now()"
                                                + HELD
                                                + " returning cancel_requested",
                                        Boolean.class)
                                .setParameter("step", step)
                                .setParameter("metadata", metadata.toByteArray())
                                .setParameter("id", name.id().toString())
                                .setParameter("runner", runner)
                                .getResultList()
                                .map(PostgresOperations::hold));
    }

    private static Hold hold(List<Boolean> cancelRequested) {
        return cancelRequested.isEmpty()
                ? new Hold.Lost()
                : new Hold.Held(cancelRequested.getFirst());
    }

    @Override
    public boolean finish(OperationName name, String runner, OperationOutcome outcome) {
        return database.inTransaction(
                session ->
                        (switch (outcome) {
                                    case OperationOutcome.Succeeded(var response) ->
                                            session.createNativeQuery(
                                                            "update operation set state ="
                                                                    + " 'SUCCEEDED', response ="
                                                                    + " :result, claimed_by = null,"
                                                                    + " claimed_until = null,"
                                                                    + " update_time = now()"
                                                                    + HELD)
                                                    .setParameter("result", response.toByteArray());
                                    case OperationOutcome.Failed(var error) ->
                                            session.createNativeQuery(
                                                            "update operation set state = 'FAILED',"
                                                                + " error = :result, claimed_by ="
                                                                + " null, claimed_until = null,"
                                                                + " update_time = now()"
                                                                    + HELD)
                                                    .setParameter("result", error.toByteArray());
                                    case OperationOutcome.Cancelled(var error) ->
                                            session.createNativeQuery(
                                                            "update operation set state ="
                                                                + " 'CANCELLED', error = :result,"
                                                                + " claimed_by = null,"
                                                                + " claimed_until = null,"
                                                                + " update_time = now()"
                                                                    + HELD)
                                                    .setParameter("result", error.toByteArray());
                                    case OperationOutcome.Later(var delay) ->
                                            session.createNativeQuery(
                                                            "update operation set claimed_by ="
                                                                + " null, claimed_until = now() +"
                                                                + " :delay * interval '1"
                                                                + " millisecond', update_time ="
                                                                + " now()"
                                                                    + HELD)
                                                    .setParameter("delay", delay.toMillis());
                                })
                                .setParameter("id", name.id().toString())
                                .setParameter("runner", runner)
                                .executeUpdate()
                                .chain(
                                        updated ->
                                                touchTarget(session, name)
                                                        .replaceWith(updated == 1)));
    }

    /** The VM shows which operation works on it. */
    private static Uni<Integer> touchTarget(Mutiny.Session session, OperationName name) {
        return session.createNativeQuery(
                        "update machine set revision = revision where provisioning <> 'PURGED'"
                                + " and name = (select target from operation where id = :id)")
                .setParameter("id", name.id().toString())
                .executeUpdate();
    }

    @Override
    public Optional<OperationRecord> find(OperationName name) {
        if (!name.service().equals(OperationRow.SERVICE)) {
            return Optional.empty();
        }
        return database.inTransaction(
                session ->
                        OperationRow.<OperationRow>list(
                                        "id = ?1 and project = ?2",
                                        name.id().toString(),
                                        name.project())
                                .map(
                                        found ->
                                                found.stream()
                                                        .findFirst()
                                                        .map(OperationRow::toRecord)));
    }

    @Override
    public List<OperationRecord> list(Query query) {
        return database.inTransaction(
                session -> {
                    var hql = new StringBuilder("from OperationRow where project = :project");
                    query.target().ifPresent(ignored -> hql.append(" and target = :target"));
                    query.after().ifPresent(ignored -> hql.append(" and id > :after"));
                    query.done()
                            .ifPresent(
                                    done ->
                                            hql.append(" and state ")
                                                    .append(done ? "not in" : "in")
                                                    .append(" (QUEUED, RUNNING)"));
                    var select =
                            session.createSelectionQuery(
                                            hql.append(" order by id").toString(),
                                            OperationRow.class)
                                    .setParameter("project", query.project())
                                    .setMaxResults(query.limit());
                    query.target().ifPresent(target -> select.setParameter("target", target));
                    query.after().ifPresent(after -> select.setParameter("after", after));
                    return select.getResultList()
                            .map(rows -> rows.stream().map(OperationRow::toRecord).toList());
                });
    }

    @Override
    public boolean requestCancel(OperationName name) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "update operation set cancel_requested = (state in"
                                            + " ('QUEUED', 'RUNNING') or cancel_requested) where id"
                                            + " = :id and project = :project")
                                .setParameter("id", name.id().toString())
                                .setParameter("project", name.project())
                                .executeUpdate()
                                .map(updated -> updated == 1));
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
