package io.tlvm.vm.postgres;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.vm.node.ClusterNode;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.hibernate.annotations.Formula;
import org.jspecify.annotations.NullUnmarked;

import java.time.Instant;
import java.util.UUID;

/** Table node. */
@Entity
@Table(name = "node")
@NullUnmarked // fields are set by Hibernate
class NodeRow extends PanacheEntityBase {
    @Id String name;

    String address;

    @Column(name = "boot_id")
    UUID bootId;

    String state;
    String capabilities;

    @Column(name = "storage_paths")
    String storagePaths;

    @Column(name = "join_time")
    Instant joinTime;

    @Column(name = "last_renew")
    Instant lastRenew;

    @Column(name = "shown_silent")
    boolean shownSilent;

    /** By the clock of the database, which also wrote last_renew. */
    @Formula("node_reachable(state, last_renew)")
    boolean reachable;

    ClusterNode toNode() {
        return new ClusterNode(
                new NodeName(name),
                address,
                NodeJson.capabilities(capabilities),
                reachable,
                lastRenew,
                NodeJson.names(storagePaths));
    }
}
