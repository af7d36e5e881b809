package io.tlvm.vm.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.postgres.Database;
import io.tlvm.vm.event.VmChanges;
import io.tlvm.vm.event.VmChanges.Change.Added;
import io.tlvm.vm.event.VmChanges.Change.Gone;
import io.tlvm.vm.event.VmChanges.Change.Modified;
import io.tlvm.vm.machine.MachineView;
import io.tlvm.vm.machine.Provisioning;

import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Changes by transaction number. Transactions commit in another order than they begin in, so a
 * number from a sequence would leave gaps; everything below the oldest transaction that still runs
 * is settled, and a token is that limit.
 */
@Singleton
class PostgresChanges implements VmChanges {
    private static final Pattern TOKEN = Pattern.compile("([0-9a-f]{8})-([0-9]{1,19})");

    private final Database database;
    private final Views views;

    PostgresChanges(Database database, Views views) {
        this.database = database;
        this.views = views;
    }

    private record Here(String database, long settledBelow) {
        Token token() {
            return new Token(database + "-" + settledBelow);
        }
    }

    @Override
    public Snapshot snapshot(String project) {
        return database.inTransaction(
                session ->
                        here(session)
                                .chain(
                                        here ->
                                                MachineRow.<MachineRow>list(
                                                                "project = ?1 and provisioning <>"
                                                                        + " ?2 order by name",
                                                                project,
                                                                Provisioning.PURGED)
                                                        .chain(rows -> views.of(session, rows))
                                                        .map(
                                                                machines ->
                                                                        new Snapshot(
                                                                                machines,
                                                                                here.token()))));
    }

    @Override
    public Optional<Batch> since(String project, Token token) {
        return database.inTransaction(
                session ->
                        here(session)
                                .chain(
                                        here -> {
                                            Matcher parts = TOKEN.matcher(token.text());
                                            if (!parts.matches()
                                                    || !parts.group(1).equals(here.database())) {
                                                return Uni.createFrom().item(Optional.empty());
                                            }
                                            long from = Long.parseLong(parts.group(2));
                                            if (from > here.settledBelow()) {
                                                // A database that was restored: it does not know
                                                // what the watcher saw.
                                                return Uni.createFrom().item(Optional.empty());
                                            }
                                            return changed(
                                                            session,
                                                            project,
                                                            from,
                                                            here.settledBelow())
                                                    .map(
                                                            changes ->
                                                                    Optional.of(
                                                                            new Batch(
                                                                                    changes,
                                                                                    here.token())));
                                        }));
    }

    /**
     * A VM that was made in the window belongs to it even when its last change lies beyond: a later
     * window would show it as modified to a watcher that never saw it added.
     */
    private Uni<List<Change>> changed(Mutiny.Session session, String project, long from, long to) {
        if (from == to) {
            return Uni.createFrom().item(List.of());
        }
        return session.createNativeQuery(
                        """
                        select uid, created_in >= cast(cast(:from as text) as xid8) from machine
                        where project = :project
                            and ((changed_in >= cast(cast(:from as text) as xid8)
                                    and changed_in < cast(cast(:to as text) as xid8))
                                or (created_in >= cast(cast(:from as text) as xid8)
                                    and created_in < cast(cast(:to as text) as xid8)))
                        """,
                        Object[].class)
                .setParameter("project", project)
                .setParameter("from", Long.toString(from))
                .setParameter("to", Long.toString(to))
                .getResultList()
                .chain(
                        found -> {
                            Map<UUID, Boolean> fresh = new HashMap<>();
                            found.forEach(row -> fresh.put((UUID) row[0], (Boolean) row[1]));
                            return fresh.isEmpty()
                                    ? Uni.createFrom().item(List.<Change>of())
                                    : MachineRow.<MachineRow>list(
                                                    "uid in ?1 order by name",
                                                    List.copyOf(fresh.keySet()))
                                            .chain(rows -> views.of(session, rows))
                                            .map(machines -> changes(machines, fresh));
                        });
    }

    private static List<Change> changes(List<MachineView> machines, Map<UUID, Boolean> fresh) {
        List<Change> changes = new ArrayList<>();
        for (MachineView view : machines) {
            boolean isNew =
                    fresh.getOrDefault(UUID.fromString(view.machine().uid().value()), false);
            boolean gone = view.machine().provisioning() == Provisioning.PURGED;
            if (gone && !isNew) {
                changes.add(new Gone(view));
            } else if (!gone) {
                changes.add(isNew ? new Added(view) : new Modified(view));
            }
        }
        return changes;
    }

    private static Uni<Here> here(Mutiny.Session session) {
        return session.createNativeQuery(
                        "select left(cast(id as text), 8),"
                                + " cast(pg_snapshot_xmin(pg_current_snapshot()) as text) from"
                                + " database_identity",
                        Object[].class)
                .getSingleResult()
                .map(row -> new Here((String) row[0], Long.parseLong((String) row[1])));
    }
}
