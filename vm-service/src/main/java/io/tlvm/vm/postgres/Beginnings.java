package io.tlvm.vm.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.postgres.Database;
import io.tlvm.foundation.postgres.PostgresOperations;
import io.tlvm.foundation.postgres.RequestMemory;
import io.tlvm.foundation.request.RepeatableRequest;
import io.tlvm.vm.machine.Asked;
import io.tlvm.vm.machine.Begun;
import io.tlvm.vm.machine.Machines;
import io.tlvm.vm.machine.NewMachine;
import io.tlvm.vm.machine.Provisioning;
import io.tlvm.vm.machine.Work;

import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Begins operations: request memory, VM and operation in one transaction. */
@Singleton
class Beginnings {
    private static final String UNIQUE_VIOLATION = "23505";

    /** The operation in the way may end between the two looks at it. */
    private static final int TRIES_MAX = 5;

    private final Database database;
    private final PostgresOperations operations;
    private final RequestMemory<Begun> requests =
            new RequestMemory<>("operation", Begun.Before::new, Begun.IdReused::new);

    Beginnings(Database database, PostgresOperations operations) {
        this.database = database;
        this.operations = operations;
    }

    /** Takes everything back that the transaction did, and ends it with this answer. */
    private static final class TakenBack extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient Begun answer;

        TakenBack(Begun answer) {
            super(null, null, false, false);
            this.answer = answer;
        }
    }

    Optional<Begun> repeated(Asked asked) {
        return repeatable(asked)
                .flatMap(
                        request ->
                                database.inTransaction(session -> requests.find(session, request)));
    }

    Begun create(
            NewMachine machine,
            Machines.UserIds userIds,
            OperationRecord operation,
            Work work,
            Asked asked) {
        try {
            return answered(
                    session ->
                            requests.claim(session, repeatable(asked), operation.name().toString())
                                    .chain(
                                            before ->
                                                    before.isPresent()
                                                            ? Uni.createFrom().item(before.get())
                                                            : taken(machine)
                                                                    .chain(
                                                                            () ->
                                                                                    userId(
                                                                                            session,
                                                                                            userIds))
                                                                    .chain(
                                                                            uid ->
                                                                                    session.persist(
                                                                                            MachineRow
                                                                                                    .of(
                                                                                                            machine,
                                                                                                            uid,
                                                                                                            asked
                                                                                                                    .caller(),
                                                                                                            operation
                                                                                                                    .createTime())))
                                                                    .chain(session::flush)
                                                                    .chain(
                                                                            () ->
                                                                                    AuditSql.note(
                                                                                            session,
                                                                                            AuditContent
                                                                                                    .created(
                                                                                                            machine
                                                                                                                    .uid(),
                                                                                                            machine.name()
                                                                                                                    .toString(),
                                                                                                            operation
                                                                                                                    .name()
                                                                                                                    .id()
                                                                                                                    .toString()),
                                                                                            asked
                                                                                                    .caller()))
                                                                    .chain(
                                                                            () ->
                                                                                    insert(
                                                                                            session,
                                                                                            operation,
                                                                                            work))));
        } catch (RuntimeException failed) {
            if (Database.sqlState(failed).filter(UNIQUE_VIOLATION::equals).isPresent()) {
                // Somebody was faster with the name.
                return new Begun.NameTaken(false);
            }
            throw failed;
        }
    }

    Begun begin(OperationRecord operation, Work work, Asked asked) {
        return answered(
                session ->
                        requests.claim(session, repeatable(asked), operation.name().toString())
                                .chain(
                                        before ->
                                                before.isPresent()
                                                        ? Uni.createFrom().item(before.get())
                                                        : insert(session, operation, work)));
    }

    private Begun answered(Function<Mutiny.Session, Uni<Begun>> work) {
        try {
            return database.inTransaction(work);
        } catch (TakenBack instead) {
            return instead.answer;
        }
    }

    private static Uni<Void> taken(NewMachine machine) {
        return MachineRow.<MachineRow>list(
                        "name = ?1 and provisioning <> ?2",
                        machine.name().toString(),
                        Provisioning.PURGED)
                .invoke(
                        found ->
                                found.stream()
                                        .findFirst()
                                        .ifPresent(
                                                row -> {
                                                    throw new TakenBack(
                                                            new Begun.NameTaken(
                                                                    row.deleteTime != null));
                                                }))
                .replaceWithVoid();
    }

    private static Uni<Integer> userId(Mutiny.Session session, Machines.UserIds userIds) {
        return session.createNativeQuery(
                        "update user_id_counter set next_id = greatest(next_id, :first) + 1"
                                + " returning next_id - 1",
                        Integer.class)
                .setParameter("first", userIds.first())
                .getSingleResult()
                .invoke(
                        given -> {
                            if (given - userIds.first() >= userIds.count()) {
                                throw new TakenBack(new Begun.NoUserId());
                            }
                        });
    }

    private Uni<Begun> insert(Mutiny.Session session, OperationRecord operation, Work work) {
        return insertOrFind(session, operation, WorkJson.write(work), 0);
    }

    /** The partial unique index decides which of several operations on a VM is the one. */
    private Uni<Begun> insertOrFind(
            Mutiny.Session session, OperationRecord operation, String work, int tries) {
        return session.createNativeQuery(
                        """
                        insert into operation (id, project, kind, target, requester, metadata, work, state, step,
                            create_time, update_time, cancel_requested)
                        values (:id, :project, :kind, :target, :requester, :metadata, :work, 'QUEUED', '',
                            :now, :now, false)
                        on conflict (target) where state in ('QUEUED', 'RUNNING') do nothing
                        """)
                .setParameter("id", operation.name().id().toString())
                .setParameter("project", operation.name().project())
                .setParameter("kind", operation.kind())
                .setParameter("target", operation.target())
                .setParameter("requester", operation.requester())
                .setParameter("metadata", operation.metadata().toByteArray())
                .setParameter("work", work)
                .setParameter("now", operation.createTime())
                .executeUpdate()
                .chain(
                        inserted ->
                                inserted == 1
                                        ? touch(session, operation.target())
                                                .replaceWith(
                                                        new Begun.Now(operation.name().toString()))
                                        : operations
                                                .unfinished(session, List.of(operation.target()))
                                                .chain(
                                                        others ->
                                                                others.isEmpty()
                                                                                && tries < TRIES_MAX
                                                                        ? insertOrFind(
                                                                                session, operation,
                                                                                work, tries + 1)
                                                                        : busy(others.getFirst())));
    }

    private static Uni<Begun> busy(OperationRecord other) {
        return Uni.createFrom()
                .failure(
                        new TakenBack(
                                new Begun.Busy(
                                        other.name().toString(),
                                        other.kind(),
                                        other.createTime(),
                                        other.requester())));
    }

    /** The VM shows which operation works on it. */
    private static Uni<Integer> touch(Mutiny.Session session, String name) {
        return session.createNativeQuery(
                        "update machine set revision = revision where name = :name and provisioning"
                                + " <> 'PURGED'")
                .setParameter("name", name)
                .executeUpdate();
    }

    private static Optional<RepeatableRequest> repeatable(Asked asked) {
        return asked.requestId()
                .map(id -> new RepeatableRequest(asked.caller(), id, asked.fingerprint()));
    }
}
