package io.tlvm.vm.postgres;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.vm.node.ClusterNode;
import io.tlvm.vm.node.StoragePath;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.jspecify.annotations.NullUnmarked;

import java.time.Instant;
import java.util.Collection;
import java.util.List;

/** Table storage_path. */
@Entity
@Table(name = "storage_path")
@NullUnmarked // fields are set by Hibernate
class StoragePathRow extends PanacheEntityBase {
    @Id String name;

    String directory;

    @Column(name = "create_time")
    Instant createTime;

    StoragePath toPath(Collection<ClusterNode> nodes) {
        List<NodeName> reaching =
                nodes.stream()
                        .filter(node -> node.reachable() && node.storagePaths().contains(name))
                        .map(ClusterNode::name)
                        .sorted()
                        .toList();
        return new StoragePath(name, directory, reaching, createTime);
    }
}
