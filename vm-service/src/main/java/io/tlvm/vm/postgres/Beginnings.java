package io.tlvm.vm.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.operation.OperationState;
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

/** Begins operations: request memory, VM and operation in one transaction. */
@Singleton
class Beginnings {
    private static final String UNIQUE_VIOLATION = "23505";

    /** The operation in the way may end between the two looks at it. */
    private static final int TRIES_MAX = 5;

    private final Database database;

    Beginnings(Database database) {
        this.database = database;
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
        return database.inTransaction(session -> remembered(session, asked));
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
                            remember(session, asked, operation)
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
                        remember(session, asked, operation)
                                .chain(
                                        before ->
                                                before.isPresent()
                                                        ? Uni.createFrom().item(before.get())
                                                        : insert(session, operation, work)));
    }

    private Begun answered(java.util.function.Function<Mutiny.Session, Uni<Begun>> work) {
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

    /** The partial unique index decides which of several operations on a VM is the one. */
    private static Uni<Begun> insert(Mutiny.Session session, OperationRecord operation, Work work) {
        return insertOrFind(
                session, OperationRow.of(operation, WorkJson.write(work)), operation, 0);
    }

    private static Uni<Begun> insertOrFind(
            Mutiny.Session session, OperationRow row, OperationRecord operation, int tries) {
        return session.createNativeQuery(
                        """
                        insert into operation (id, project, kind, target, requester, metadata, work, state, step,
                            create_time, update_time, cancel_requested)
                        values (:id, :project, :kind, :target, :requester, :metadata, :work, 'QUEUED', '',
                            :now, :now, false)
                        on conflict (target) where state in ('QUEUED', 'RUNNING') do nothing
                        """)
                .setParameter("id", row.id)
                .setParameter("project", row.project)
                .setParameter("kind", row.kind)
                .setParameter("target", row.target)
                .setParameter("requester", row.requester)
                .setParameter("metadata", row.metadata)
                .setParameter("work", row.work)
                .setParameter("now", row.createTime)
                .executeUpdate()
                .chain(
                        inserted ->
                                inserted == 1
                                        ? touch(session, row.target)
                                                .replaceWith(
                                                        new Begun.Now(operation.name().toString()))
                                        : OperationRow.<OperationRow>list(
                                                        "target = ?1 and state in ?2",
                                                        row.target,
                                                        List.of(
                                                                OperationState.QUEUED,
                                                                OperationState.RUNNING))
                                                .chain(
                                                        others -> {
                                                            if (others.isEmpty()
                                                                    && tries < TRIES_MAX) {
                                                                return insertOrFind(
                                                                        session, row, operation,
                                                                        tries + 1);
                                                            }
                                                            OperationRow other = others.getFirst();
                                                            return Uni.createFrom()
                                                                    .failure(
                                                                            new TakenBack(
                                                                                    new Begun.Busy(
                                                                                            other.name()
                                                                                                    .toString(),
                                                                                            other.kind,
                                                                                            other.createTime,
                                                                                            other.requester)));
                                                        }));
    }

    /** The VM shows which operation works on it. */
    private static Uni<Integer> touch(Mutiny.Session session, String name) {
        return session.createNativeQuery(
                        "update machine set revision = revision where name = :name and provisioning"
                                + " <> 'PURGED'")
                .setParameter("name", name)
                .executeUpdate();
    }

    /**
     * Remembers the request in this transaction; of two with the same id the second waits here for
     * the first. Empty to go on, otherwise how the request ended before.
     */
    private static Uni<Optional<Begun>> remember(
            Mutiny.Session session, Asked asked, OperationRecord operation) {
        if (asked.requestId().isEmpty()) {
            return Uni.createFrom().item(Optional.empty());
        }
        return session.createNativeQuery(
                        "delete from remembered_request where create_time < now() - interval '7"
                                + " days'")
                .executeUpdate()
                .chain(
                        () ->
                                session.createNativeQuery(
                                                "insert into remembered_request (caller,"
                                                    + " request_id, body_digest, operation) values"
                                                    + " (:caller, :id, :body, :operation) on"
                                                    + " conflict do nothing")
                                        .setParameter("caller", asked.caller())
                                        .setParameter("id", asked.requestId().get())
                                        .setParameter("body", asked.fingerprint())
                                        .setParameter("operation", operation.name().toString())
                                        .executeUpdate())
                .chain(
                        inserted ->
                                inserted == 1
                                        ? Uni.createFrom().item(Optional.empty())
                                        : remembered(session, asked));
    }

    private static Uni<Optional<Begun>> remembered(Mutiny.Session session, Asked asked) {
        if (asked.requestId().isEmpty()) {
            return Uni.createFrom().item(Optional.empty());
        }
        return session.createNativeQuery(
                        "select body_digest, operation from remembered_request"
                                + " where caller = :caller and request_id = :id",
                        Object[].class)
                .setParameter("caller", asked.caller())
                .setParameter("id", asked.requestId().get())
                .getResultList()
                .map(
                        found ->
                                found.stream()
                                        .findFirst()
                                        .map(
                                                row ->
                                                        asked.fingerprint().equals(row[0])
                                                                ? new Begun.Before((String) row[1])
                                                                : new Begun.IdReused()));
    }
}
