package io.tlvm.vm.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.postgres.Database;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.node.Fence;
import io.tlvm.ownership.node.NodeDecision;
import io.tlvm.ownership.node.NodeEvent;
import io.tlvm.ownership.node.NodeState;
import io.tlvm.vm.node.Capabilities;
import io.tlvm.vm.node.NodeRecords;
import io.tlvm.vm.node.StoragePath;
import io.tlvm.vm.placement.Candidate;

import jakarta.inject.Singleton;
import jakarta.persistence.LockModeType;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Nodes and storage paths in PostgreSQL. */
@Singleton
class PostgresNodes implements NodeRecords {
    private static final String JOIN =
            """
            insert into node (name, address, boot_id, state, capabilities, storage_paths, join_time,
                last_renew)
            values (:name, :address, :boot, 'UP', :capabilities, :paths, now(), now())
            on conflict (name) do update set address = excluded.address, boot_id = excluded.boot_id,
                state = 'UP', fence_reason = null, fence_time = null, evidence = null,
                confirm_time = null, capabilities = excluded.capabilities,
                storage_paths = excluded.storage_paths, join_time = now(), last_renew = now()
            """;

    private final Database database;

    PostgresNodes(Database database) {
        this.database = database;
    }

    @Override
    public Joined join(
            NodeName node,
            String bootId,
            String address,
            Capabilities capabilities,
            List<String> storagePaths,
            Map<VmUid, RowVersion> cleaned,
            String actor) {
        return database.inTransaction(
                session ->
                        locked(session, node)
                                .chain(
                                        found ->
                                                obstacle(session, node, found, cleaned)
                                                        .call(
                                                                obstacle ->
                                                                        obstacle.isPresent()
                                                                                ? nothingNew()
                                                                                : noteJoin(
                                                                                        session,
                                                                                        node, found,
                                                                                        actor)))
                                .chain(
                                        obstacle ->
                                                obstacle.isPresent()
                                                        ? Uni.createFrom().item(obstacle.get())
                                                        : session.createNativeQuery(JOIN)
                                                                .setParameter("name", node.value())
                                                                .setParameter("address", address)
                                                                .setParameter(
                                                                        "boot",
                                                                        UUID.fromString(bootId))
                                                                .setParameter(
                                                                        "capabilities",
                                                                        NodeJson.capabilities(
                                                                                capabilities))
                                                                .setParameter(
                                                                        "paths",
                                                                        NodeJson.names(
                                                                                storagePaths))
                                                                .executeUpdate()
                                                                .replaceWith(
                                                                        (Joined) new Joined.In())));
    }

    /** Who is a member already and joins again changes nothing that is decided about it. */
    private static Uni<Integer> noteJoin(
            Mutiny.Session session, NodeName node, Optional<NodeRow> found, String actor) {
        Optional<NodeState> before = found.map(NodeRow::toState);
        var up = new NodeState.Up();
        return before.filter(up::equals).isPresent()
                ? nothingNew()
                : AuditSql.note(
                        session,
                        AuditContent.node(node, new NodeEvent.JoinAsked(), before, up),
                        actor);
    }

    private static Uni<Integer> nothingNew() {
        return Uni.createFrom().item(0);
    }

    private static Uni<Optional<NodeRow>> locked(Mutiny.Session session, NodeName node) {
        return NodeRow.<NodeRow>find("name", node.value())
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .list()
                .map(found -> found.stream().findFirst());
    }

    /**
     * Why the node may not join. While its row is locked no row can leave it because it is lost; so
     * the rows that it cleaned up by are still those that count, or it is told.
     */
    private static Uni<Optional<Joined>> obstacle(
            Mutiny.Session session,
            NodeName node,
            Optional<NodeRow> found,
            Map<VmUid, RowVersion> cleaned) {
        if (found.isEmpty()) {
            return Uni.createFrom().item(Optional.empty());
        }
        return switch (Fence.decide(found.get().toState(), new NodeEvent.JoinAsked(), 0, 0)) {
            case NodeDecision.Refused _ -> Uni.createFrom().item(Optional.of(new Joined.Fencing()));
            case NodeDecision.Already _ -> Uni.createFrom().item(Optional.empty());
            case NodeDecision.Next _ ->
                    session.createNativeQuery(
                                    "select vm_uid, row_version from ownership where names_nodes @>"
                                            + " array[cast(:node as text)]",
                                    Object[].class)
                            .setParameter("node", node.value())
                            .getResultList()
                            .map(
                                    rows ->
                                            rows.stream()
                                                    .filter(row -> !isCleaned(row, cleaned))
                                                    .findFirst()
                                                    .map(
                                                            row ->
                                                                    new Joined.NotClean(
                                                                            VmUid.of(
                                                                                    (UUID)
                                                                                            row[
                                                                                                    0]))));
        };
    }

    private static boolean isCleaned(Object[] row, Map<VmUid, RowVersion> cleaned) {
        return new RowVersion(((Number) row[1]).longValue())
                .equals(cleaned.get(VmUid.of((UUID) row[0])));
    }

    @Override
    public Optional<NodeDecision> decide(NodeName node, NodeEvent event, String actor) {
        return database.inTransaction(
                session ->
                        NodeRow.<NodeRow>find("order by name")
                                .withLock(LockModeType.PESSIMISTIC_WRITE)
                                .list()
                                .chain(
                                        all ->
                                                all.stream()
                                                        .filter(
                                                                row ->
                                                                        row.name.equals(
                                                                                node.value()))
                                                        .findFirst()
                                                        .map(
                                                                row ->
                                                                        decided(
                                                                                        session,
                                                                                        row, event,
                                                                                        all, actor)
                                                                                .map(Optional::of))
                                                        .orElseGet(
                                                                () ->
                                                                        Uni.createFrom()
                                                                                .item(
                                                                                        Optional
                                                                                                .empty()))));
    }

    private static Uni<NodeDecision> decided(
            Mutiny.Session session,
            NodeRow node,
            NodeEvent event,
            List<NodeRow> all,
            String actor) {
        int lost = (int) all.stream().filter(row -> row != node && !row.state.equals("UP")).count();
        NodeState before = node.toState();
        NodeDecision decision = Fence.decide(before, event, all.size(), lost);
        if (!(decision instanceof NodeDecision.Next(var next))) {
            return Uni.createFrom().item(decision);
        }
        node.become(next);
        return AuditSql.note(
                        session,
                        AuditContent.node(
                                new NodeName(node.name), event, Optional.of(before), next),
                        actor)
                .replaceWith(decision);
    }

    @Override
    public boolean renew(NodeName node, String bootId, List<String> storagePaths) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "update node set last_renew = now(), storage_paths = :paths"
                                            + " where name = :name and boot_id = :boot and state ="
                                            + " 'UP'")
                                .setParameter("paths", NodeJson.names(storagePaths))
                                .setParameter("name", node.value())
                                .setParameter("boot", UUID.fromString(bootId))
                                .executeUpdate()
                                .map(updated -> updated == 1));
    }

    @Override
    public Optional<Candidate> find(NodeName node) {
        return database.inTransaction(
                session ->
                        NodeRow.<NodeRow>list("name", node.value())
                                .chain(rows -> Views.candidates(session, rows))
                                .map(found -> found.stream().findFirst()));
    }

    @Override
    public List<Candidate> list(String after, int limit) {
        return database.inTransaction(
                session ->
                        NodeRow.<NodeRow>find("name > ?1 order by name", after)
                                .range(0, limit - 1)
                                .list()
                                .chain(rows -> Views.candidates(session, rows)));
    }

    @Override
    public int noteSilence() {
        List<String> changed =
                database.inTransaction(
                        session ->
                                session.createNativeQuery(
                                                "update node set shown_silent = not shown_silent"
                                                    + " where shown_silent = node_reachable(state,"
                                                    + " last_renew) returning name",
                                                String.class)
                                        .getResultList());
        if (!changed.isEmpty()) {
            // A transaction of its own: whoever holds a machine's row may wait for a node's.
            database.inTransaction(
                    session ->
                            session.createNativeQuery(
                                            "update machine set revision = revision where uid in"
                                                + " (select vm_uid from ownership where owner in"
                                                + " (:names))")
                                    .setParameter("names", changed)
                                    .executeUpdate());
        }
        return changed.size();
    }

    @Override
    public boolean createPath(StoragePath path) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "insert into storage_path (name, directory, create_time)"
                                            + " values (:name, :directory, now()) on conflict do"
                                            + " nothing")
                                .setParameter("name", path.name())
                                .setParameter("directory", path.directory())
                                .executeUpdate()
                                .map(inserted -> inserted == 1));
    }

    @Override
    public Optional<StoragePath> findPath(String name) {
        return database.inTransaction(
                session ->
                        StoragePathRow.<StoragePathRow>list("name", name)
                                .chain(PostgresNodes::paths)
                                .map(found -> found.stream().findFirst()));
    }

    @Override
    public List<StoragePath> listPaths(String after, int limit) {
        return database.inTransaction(
                session ->
                        StoragePathRow.<StoragePathRow>find("name > ?1 order by name", after)
                                .range(0, limit - 1)
                                .list()
                                .chain(PostgresNodes::paths));
    }

    private static Uni<List<StoragePath>> paths(List<StoragePathRow> rows) {
        return NodeRow.<NodeRow>listAll()
                .map(nodes -> nodes.stream().map(NodeRow::toNode).toList())
                .map(nodes -> rows.stream().map(row -> row.toPath(nodes)).toList());
    }
}
