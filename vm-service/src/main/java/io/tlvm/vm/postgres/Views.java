package io.tlvm.vm.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.postgres.PostgresOperations;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.vm.machine.MachineView;
import io.tlvm.vm.node.ClusterNode;
import io.tlvm.vm.node.StoragePath;
import io.tlvm.vm.placement.Candidate;

import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Puts together what is read from several tables, in the transaction of the caller. */
@Singleton
class Views {
    private static final String USE =
            """
            select place.node, cast(sum(m.vcpus) as bigint), cast(sum(m.memory_mib) as bigint),
                count(*) filter (where place.node = o.owner)
            from ownership o join machine m on m.uid = o.vm_uid
                cross join lateral (values (o.owner), (o.target)) as place (node)
            where place.node is not null and o.phase not in ('DELETING', 'PURGED')
            group by place.node
            """;

    private record Use(int vcpus, long memoryMib, int machines) {}

    private final PostgresOperations operations;

    Views(PostgresOperations operations) {
        this.operations = operations;
    }

    /** The VMs in the order of {@code rows}. */
    Uni<List<MachineView>> of(Mutiny.Session session, List<MachineRow> rows) {
        if (rows.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        List<UUID> uids = rows.stream().map(row -> row.uid).toList();
        List<String> names = rows.stream().map(row -> row.name).toList();
        return OwnershipEntity.<OwnershipEntity>list("vmUid in ?1", uids)
                .chain(
                        ownership -> {
                            Map<UUID, OwnershipRow> owned = new HashMap<>();
                            Set<String> owners = new HashSet<>();
                            ownership.forEach(
                                    entity -> {
                                        owned.put(entity.vmUid, entity.toRow());
                                        owners.add(entity.owner);
                                    });
                            return nodes(owners)
                                    .chain(
                                            nodes ->
                                                    paths(rows)
                                                            .chain(
                                                                    paths ->
                                                                            operations(
                                                                                            session,
                                                                                            names)
                                                                                    .map(
                                                                                            operations ->
                                                                                                    rows
                                                                                                            .stream()
                                                                                                            .map(
                                                                                                                    row ->
                                                                                                                            view(
                                                                                                                                    row,
                                                                                                                                    owned,
                                                                                                                                    nodes,
                                                                                                                                    paths,
                                                                                                                                    operations))
                                                                                                            .toList())));
                        });
    }

    private static MachineView view(
            MachineRow row,
            Map<UUID, OwnershipRow> owned,
            Map<String, ClusterNode> nodes,
            Map<String, StoragePath> paths,
            Map<String, String> operations) {
        Optional<OwnershipRow> ownership = Optional.ofNullable(owned.get(row.uid));
        return new MachineView(
                row.toMachine(Optional.ofNullable(row.storagePath).map(paths::get)),
                ownership,
                ownership.map(known -> nodes.get(known.owner().value())),
                Optional.ofNullable(operations.get(row.name)));
    }

    private static Uni<Map<String, ClusterNode>> nodes(Set<String> names) {
        if (names.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return NodeRow.<NodeRow>list("name in ?1", List.copyOf(names))
                .map(
                        rows ->
                                rows.stream()
                                        .map(NodeRow::toNode)
                                        .collect(
                                                Collectors.toMap(
                                                        node -> node.name().value(),
                                                        Function.identity())));
    }

    private static Uni<Map<String, StoragePath>> paths(List<MachineRow> rows) {
        List<String> names =
                rows.stream()
                        .map(row -> row.storagePath)
                        .filter(Objects::nonNull)
                        .distinct()
                        .toList();
        if (names.isEmpty()) {
            return Uni.createFrom().item(Map.of());
        }
        return StoragePathRow.<StoragePathRow>list("name in ?1", names)
                .map(
                        found ->
                                found.stream()
                                        .map(row -> row.toPath(List.of()))
                                        .collect(
                                                Collectors.toMap(
                                                        StoragePath::name, Function.identity())));
    }

    private Uni<Map<String, String>> operations(Mutiny.Session session, List<String> targets) {
        return operations
                .unfinished(session, targets)
                .map(
                        found ->
                                found.stream()
                                        .collect(
                                                Collectors.toMap(
                                                        OperationRecord::target,
                                                        operation -> operation.name().toString())));
    }

    /** The nodes with what their VMs use. */
    static Uni<List<Candidate>> candidates(Mutiny.Session session, List<NodeRow> rows) {
        return session.createNativeQuery(USE, Object[].class)
                .getResultList()
                .map(
                        used -> {
                            Map<String, Use> uses =
                                    used.stream()
                                            .collect(
                                                    Collectors.toMap(
                                                            row -> (String) row[0],
                                                            row ->
                                                                    new Use(
                                                                            ((Number) row[1])
                                                                                    .intValue(),
                                                                            ((Number) row[2])
                                                                                    .longValue(),
                                                                            ((Number) row[3])
                                                                                    .intValue())));
                            return rows.stream()
                                    .map(
                                            row -> {
                                                Use use =
                                                        uses.getOrDefault(
                                                                row.name, new Use(0, 0, 0));
                                                return new Candidate(
                                                        row.toNode(),
                                                        use.vcpus(),
                                                        use.memoryMib(),
                                                        use.machines());
                                            })
                                    .toList();
                        });
    }
}
