package io.tlvm.vm.postgres;

import com.google.rpc.Status;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.postgres.Database;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.vm.machine.Asked;
import io.tlvm.vm.machine.Begun;
import io.tlvm.vm.machine.Condition;
import io.tlvm.vm.machine.MachineName;
import io.tlvm.vm.machine.MachineRecords;
import io.tlvm.vm.machine.MachineView;
import io.tlvm.vm.machine.Machines;
import io.tlvm.vm.machine.NewMachine;
import io.tlvm.vm.machine.PinnedImage;
import io.tlvm.vm.machine.Provisioning;
import io.tlvm.vm.machine.Work;
import io.tlvm.vm.migration.Measured;
import io.tlvm.vm.migration.Measurements;
import io.tlvm.vm.node.StoragePath;
import io.tlvm.vm.placement.Candidate;
import io.tlvm.vm.placement.Choice;

import jakarta.inject.Singleton;
import jakarta.persistence.LockModeType;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** VMs in PostgreSQL. */
@Singleton
class PostgresMachines implements MachineRecords, Measurements {
    private static final int SIMILAR_MAX = 3;

    private final Database database;
    private final Beginnings beginnings;
    private final Views views;

    PostgresMachines(Database database, Beginnings beginnings, Views views) {
        this.database = database;
        this.views = views;
        this.beginnings = beginnings;
    }

    @Override
    public Optional<MachineView> find(MachineName name) {
        return database.inTransaction(
                session ->
                        MachineRow.<MachineRow>list(
                                        "name = ?1 and provisioning <> ?2",
                                        name.toString(),
                                        Provisioning.PURGED)
                                .chain(rows -> views.of(session, rows))
                                .map(found -> found.stream().findFirst()));
    }

    @Override
    public Optional<MachineView> find(VmUid uid) {
        return database.inTransaction(
                session ->
                        MachineRow.<MachineRow>list("uid", id(uid))
                                .chain(rows -> views.of(session, rows))
                                .map(found -> found.stream().findFirst()));
    }

    @Override
    public List<MachineView> list(Wanted wanted) {
        String deleted = wanted.deletedToo() ? "" : " and deleteTime is null";
        return database.inTransaction(
                session ->
                        MachineRow.<MachineRow>find(
                                        "project = ?1 and name > ?2 and provisioning <> ?3"
                                                + deleted
                                                + " order by name",
                                        wanted.project(),
                                        wanted.after(),
                                        Provisioning.PURGED)
                                .range(0, wanted.limit() - 1)
                                .list()
                                .chain(rows -> views.of(session, rows)));
    }

    @Override
    public List<String> similar(MachineName name) {
        int half = Math.max(1, name.id().length() / 2);
        String start =
                "projects/" + name.project() + "/virtualMachines/" + name.id().substring(0, half);
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "select name from machine where project = :project and"
                                                + " provisioning <> 'PURGED' and starts_with(name,"
                                                + " :start) order by name limit :max",
                                        String.class)
                                .setParameter("project", name.project())
                                .setParameter("start", start)
                                .setParameter("max", SIMILAR_MAX)
                                .getResultList());
    }

    @Override
    public Begun create(
            NewMachine machine,
            Machines.UserIds userIds,
            OperationRecord operation,
            Work work,
            Asked asked) {
        return beginnings.create(machine, userIds, operation, work, asked);
    }

    @Override
    public Begun begin(OperationRecord operation, Work work, Asked asked) {
        return beginnings.begin(operation, work, asked);
    }

    @Override
    public Optional<Begun> repeated(Asked asked) {
        return beginnings.repeated(asked);
    }

    @Override
    public Work work(OperationName operation) {
        return workOf(new OperationId(operation.id().toString()))
                .orElseThrow(() -> new IllegalStateException("no operation " + operation));
    }

    @Override
    public Optional<Work> workOf(OperationId op) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "select work from operation where id = :id", String.class)
                                .setParameter("id", op.value())
                                .getResultList()
                                .map(found -> found.stream().findFirst().map(WorkJson::read)));
    }

    @Override
    public void pin(VmUid uid, PinnedImage image) {
        change(
                uid,
                row -> {
                    if (row.imageDigest == null) {
                        row.imageUrn = image.urn();
                        row.imageDigest = image.digest().value();
                        row.revision++;
                    }
                });
    }

    @Override
    public OwnershipRow place(
            VmUid uid,
            OperationId op,
            BiFunction<List<Candidate>, List<StoragePath>, Choice> choose) {
        return database.inTransaction(
                session ->
                        OwnershipEntity.<OwnershipEntity>list("vmUid", id(uid))
                                .chain(
                                        found ->
                                                found.isEmpty()
                                                        ? placeNew(session, uid, op, choose)
                                                        : Uni.createFrom()
                                                                .item(found.getFirst().toRow())));
    }

    /** All node rows are locked, so that two placements cannot take the same room. */
    private static Uni<OwnershipRow> placeNew(
            Mutiny.Session session,
            VmUid uid,
            OperationId op,
            BiFunction<List<Candidate>, List<StoragePath>, Choice> choose) {
        return session.createNativeQuery(
                        "select name from node order by name for update", String.class)
                .getResultList()
                .chain(locked -> surveyed(session, choose))
                .chain(
                        choice -> {
                            OwnershipRow row = OwnershipRow.create(uid, choice.node(), op);
                            return session.createNativeQuery(
                                            "update machine set storage_path = :path, revision ="
                                                + " revision + 1, update_time = now() where uid ="
                                                + " :vm")
                                    .setParameter("path", choice.storagePath())
                                    .setParameter("vm", id(uid))
                                    .executeUpdate()
                                    .chain(() -> OwnershipSql.insert(session, row))
                                    .map(
                                            inserted -> {
                                                if (!inserted) {
                                                    throw new IllegalStateException(
                                                            "VM "
                                                                    + uid
                                                                    + " is placed twice at once");
                                                }
                                                return row;
                                            });
                        });
    }

    @Override
    public <T> T survey(BiFunction<List<Candidate>, List<StoragePath>, T> look) {
        return database.inTransaction(session -> surveyed(session, look));
    }

    private static <T> Uni<T> surveyed(
            Mutiny.Session session, BiFunction<List<Candidate>, List<StoragePath>, T> look) {
        return NodeRow.<NodeRow>list("order by name")
                .chain(rows -> Views.candidates(session, rows))
                .chain(
                        nodes ->
                                StoragePathRow.<StoragePathRow>list("order by name")
                                        .map(
                                                paths ->
                                                        look.apply(
                                                                nodes,
                                                                paths.stream()
                                                                        .map(
                                                                                path ->
                                                                                        path.toPath(
                                                                                                nodes
                                                                                                        .stream()
                                                                                                        .map(
                                                                                                                Candidate
                                                                                                                        ::node)
                                                                                                        .toList()))
                                                                        .toList())));
    }

    @Override
    public void provision(VmUid uid, Provisioning provisioning) {
        change(
                uid,
                row -> {
                    if (row.provisioning != provisioning) {
                        row.provisioning = provisioning;
                        row.revision++;
                    }
                });
    }

    @Override
    public void lastError(VmUid uid, Optional<Status> error) {
        change(uid, row -> row.lastError = error.map(Status::toByteArray).orElse(null));
    }

    @Override
    public void observe(List<Sighting> sightings) {
        if (sightings.isEmpty()) {
            return;
        }
        // Most renewals say nothing new: one look without locks for all of them.
        List<MachineRow> rows =
                database.inTransaction(
                        session ->
                                MachineRow.list(
                                        "uid in ?1",
                                        sightings.stream()
                                                .map(sighting -> id(sighting.uid()))
                                                .toList()));
        for (Sighting sighting : sightings) {
            rows.stream()
                    .filter(row -> row.vm().equals(sighting.uid()) && see(row, sighting))
                    .findFirst()
                    .ifPresent(news -> changeIf(sighting.uid(), row -> see(row, sighting)));
        }
    }

    /** Whether the row is another one afterwards. */
    private static boolean see(MachineRow row, Sighting sighting) {
        List<Condition> before = MachineJson.conditions(row.conditions);
        List<Condition> after = sighting.conditions().apply(before);
        String told =
                sighting.host()
                        .apply(Optional.ofNullable(row.host).map(MachineJson::host))
                        .map(MachineJson::host)
                        .orElse(null);
        if (after.equals(before) && Objects.equals(told, row.host)) {
            return false;
        }
        row.conditions = MachineJson.conditions(after);
        row.host = told;
        return true;
    }

    @Override
    public void note(VmUid uid, Measured measured) {
        change(
                uid,
                row -> {
                    if (row.migration != null) {
                        String noted =
                                MigrationJson.write(
                                        MigrationJson.read(row.migration).with(measured));
                        if (!noted.equals(row.migration)) {
                            row.migration = noted;
                        }
                    }
                });
    }

    /** Hibernate writes only what differs, and nothing when nothing does. */
    private void change(VmUid uid, Consumer<MachineRow> change) {
        changeIf(
                uid,
                row -> {
                    change.accept(row);
                    return true;
                });
    }

    /** {@code change} tells whether it changed anything, for callers that look before they lock. */
    private void changeIf(VmUid uid, Predicate<MachineRow> change) {
        database.inTransaction(
                session ->
                        MachineRow.<MachineRow>find("uid", id(uid))
                                .withLock(LockModeType.PESSIMISTIC_WRITE)
                                .list()
                                .map(found -> found.stream().anyMatch(change)));
    }

    private static UUID id(VmUid uid) {
        return UUID.fromString(uid.value());
    }
}
