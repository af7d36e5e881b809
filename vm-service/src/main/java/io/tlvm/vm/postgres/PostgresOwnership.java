package io.tlvm.vm.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.postgres.Database;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Decision;
import io.tlvm.ownership.row.Nodes;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.migration.MigrationRecord;
import io.tlvm.vm.ownership.NamedNodes;
import io.tlvm.vm.ownership.OwnershipRows;
import io.tlvm.vm.ownership.OwnershipRows.Swap.Denied;
import io.tlvm.vm.ownership.OwnershipRows.Swap.Missing;
import io.tlvm.vm.ownership.OwnershipRows.Swap.Raced;
import io.tlvm.vm.ownership.OwnershipRows.Swap.Swapped;
import io.tlvm.vm.ownership.OwnershipRows.Swap.Unchanged;

import jakarta.inject.Singleton;
import jakarta.persistence.LockModeType;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Ownership rows in PostgreSQL. Of a VM's rows the machine's is locked first, so that its migration
 * record follows the ownership row without gaps; then the node rows; the compare-and-swap comes
 * last.
 */
@Singleton
class PostgresOwnership implements OwnershipRows {
    private final Database database;

    PostgresOwnership(Database database) {
        this.database = database;
    }

    @Override
    public Optional<OwnershipRow> read(VmUid vm) {
        return database.inTransaction(session -> find(vm));
    }

    private static Uni<Optional<OwnershipRow>> find(VmUid vm) {
        return OwnershipEntity.<OwnershipEntity>list("vmUid", UUID.fromString(vm.value()))
                .map(found -> found.stream().findFirst().map(OwnershipEntity::toRow));
    }

    @Override
    public Swap swap(VmUid vm, Transition transition) {
        return database.inTransaction(
                session ->
                        MachineRow.<MachineRow>find("uid", UUID.fromString(vm.value()))
                                .withLock(LockModeType.PESSIMISTIC_WRITE)
                                .list()
                                .chain(
                                        machines ->
                                                machines.isEmpty()
                                                        ? Uni.createFrom().<Swap>item(new Missing())
                                                        : swapLocked(
                                                                session,
                                                                machines.getFirst(),
                                                                vm,
                                                                transition)));
    }

    private static Uni<Swap> swapLocked(
            Mutiny.Session session, MachineRow machine, VmUid vm, Transition transition) {
        return find(vm).chain(
                        found -> {
                            if (found.isEmpty()) {
                                return Uni.createFrom().item(new Missing());
                            }
                            OwnershipRow row = found.get();
                            Set<NodeName> asked = new HashSet<>(transition.asksAbout());
                            asked.addAll(NamedNodes.of(row));
                            return nodes(session, asked)
                                    .chain(
                                            nodes ->
                                                    switch (transition.decide(row, nodes)) {
                                                        case Decision.Refused(var why) ->
                                                                Uni.createFrom()
                                                                        .<Swap>item(
                                                                                new Denied(why));
                                                        case Decision.Already(var same) ->
                                                                Uni.createFrom()
                                                                        .<Swap>item(
                                                                                new Unchanged(
                                                                                        same));
                                                        case Decision.Next(var next) ->
                                                                OwnershipSql.compareAndSwap(
                                                                                session,
                                                                                row.version(),
                                                                                next)
                                                                        .chain(
                                                                                swapped ->
                                                                                        swapped
                                                                                                ? follow(
                                                                                                                session,
                                                                                                                machine,
                                                                                                                transition,
                                                                                                                row,
                                                                                                                next)
                                                                                                        .replaceWith(
                                                                                                                new Swapped(
                                                                                                                        next))
                                                                                                : Uni
                                                                                                        .createFrom()
                                                                                                        .<Swap>
                                                                                                                item(
                                                                                                                        new Raced()));
                                                    });
                        });
    }

    /** What was decided about the nodes; it stays so until this transaction ends. */
    private static Uni<Nodes> nodes(Mutiny.Session session, Set<NodeName> asked) {
        return session.createNativeQuery(
                        "select name, state from node where name in (:names) order by name for"
                                + " share",
                        Object[].class)
                .setParameter("names", asked.stream().map(NodeName::value).toList())
                .getResultList()
                .map(
                        found -> {
                            Map<NodeName, String> states = new HashMap<>();
                            found.forEach(
                                    row ->
                                            states.put(
                                                    new NodeName((String) row[0]),
                                                    (String) row[1]));
                            return new Standing(states);
                        });
    }

    private record Standing(Map<NodeName, String> states) implements Nodes {
        @Override
        public boolean isUp(NodeName node) {
            return "UP".equals(states.get(node));
        }

        @Override
        public boolean isFenced(NodeName node) {
            return "FENCED".equals(states.get(node));
        }
    }

    /**
     * What users see of the VM follows in the same transaction, whose update alone tells watchers,
     * and so does the note for the audit.
     */
    private static Uni<Integer> follow(
            Mutiny.Session session,
            MachineRow machine,
            Transition transition,
            OwnershipRow row,
            OwnershipRow next) {
        return show(session, machine, transition, row, next)
                .chain(
                        () ->
                                AuditSql.note(
                                        session,
                                        AuditContent.changed(transition.cause(), row, next),
                                        transition.cause()))
                .chain(
                        noted ->
                                transition
                                        .handOver()
                                        .map(
                                                proof ->
                                                        AuditSql.note(
                                                                session,
                                                                AuditContent.handOver(
                                                                        next.vm(), proof),
                                                                transition.cause()))
                                        .orElseGet(() -> Uni.createFrom().item(noted)));
    }

    /** What users see of the VM. */
    private static Uni<Integer> show(
            Mutiny.Session session,
            MachineRow machine,
            Transition transition,
            OwnershipRow row,
            OwnershipRow next) {
        Optional<MigrationRecord> migration =
                transition.record(
                        Optional.ofNullable(machine.migration).map(MigrationJson::read), row, next);
        boolean deleted =
                next.phase() instanceof Phase.Deleting || next.phase() instanceof Phase.Purged;
        return session.createNativeQuery(
                        """
                        update machine set migration = :migration,
                            provisioning = case when :purged then 'PURGED' else provisioning end,
                            delete_time = case when :deleted then coalesce(delete_time, now()) end,
                            revision = revision + case when :deleted = (delete_time is null) then 1 else 0 end,
                            update_time = now()
                        where uid = :vm
                        """)
                .setParameter("migration", migration.map(MigrationJson::write).orElse(null))
                .setParameter("purged", next.phase() instanceof Phase.Purged)
                .setParameter("deleted", deleted)
                .setParameter("vm", UUID.fromString(next.vm().value()))
                .executeUpdate();
    }

    @Override
    public List<VmUid> owing(int max) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "select vm_uid from ownership where owed and phase <>"
                                                + " 'CREATING' order by update_time limit :max",
                                        UUID.class)
                                .setParameter("max", max)
                                .getResultList()
                                .map(uids -> uids.stream().map(VmUid::of).toList()));
    }

    @Override
    public List<VmUid> lost(int max) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        """
                                        select o.vm_uid from ownership o join node owner on owner.name = o.owner
                                            left join node target on target.name = o.target
                                        where o.phase = 'RECOVERING'
                                            or owner.state = 'FENCED'
                                                and o.phase in ('STOPPED', 'RUNNING', 'MIGRATING', 'HANDOVER', 'RELEASED')
                                            or target.state <> 'UP' and o.phase in ('MIGRATING', 'HANDOVER', 'RELEASED')
                                        order by random() limit :max
                                        """,
                                        UUID.class)
                                .setParameter("max", max)
                                .getResultList()
                                .map(uids -> uids.stream().map(VmUid::of).toList()));
    }

    @Override
    public List<VmUid> purgeDue(int max) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "select vm_uid from ownership where phase = 'DELETING' and"
                                            + " purge_time <= now() order by purge_time limit :max",
                                        UUID.class)
                                .setParameter("max", max)
                                .getResultList()
                                .map(uids -> uids.stream().map(VmUid::of).toList()));
    }

    @Override
    public List<NodeName> holders(VmUid vm) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "select unnest(holders) from ownership where vm_uid = :vm",
                                        String.class)
                                .setParameter("vm", UUID.fromString(vm.value()))
                                .getResultList()
                                .map(names -> names.stream().map(NodeName::new).toList()));
    }

    @Override
    public List<OwnershipRow> concerning(NodeName node, Collection<VmUid> also) {
        Set<UUID> uids =
                also.stream().map(vm -> UUID.fromString(vm.value())).collect(Collectors.toSet());
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "select vm_uid from ownership where names_nodes @>"
                                                + " array[cast(:node as text)]",
                                        UUID.class)
                                .setParameter("node", node.value())
                                .getResultList()
                                .chain(
                                        naming -> {
                                            uids.addAll(naming);
                                            return uids.isEmpty()
                                                    ? Uni.createFrom().item(List.<OwnershipRow>of())
                                                    : OwnershipEntity.<OwnershipEntity>list(
                                                                    "vmUid in ?1",
                                                                    List.copyOf(uids))
                                                            .map(
                                                                    rows ->
                                                                            rows.stream()
                                                                                    .map(
                                                                                            OwnershipEntity
                                                                                                    ::toRow)
                                                                                    .toList());
                                        }));
    }
}
