package io.tlvm.vm.postgres;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.node.NodeState;
import io.tlvm.vm.node.ClusterNode;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.hibernate.annotations.Formula;
import org.jspecify.annotations.NullUnmarked;

import java.time.Instant;
import java.util.Optional;
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

    @Column(name = "fence_reason")
    String fenceReason;

    @Column(name = "fence_time")
    Instant fenceTime;

    String evidence;

    @Column(name = "confirm_time")
    Instant confirmTime;

    @Column(name = "shown_silent")
    boolean shownSilent;

    /** By the clock of the database, which also wrote last_renew. */
    @Formula("node_reachable(state, last_renew)")
    boolean reachable;

    NodeState toState() {
        return switch (state) {
            case "UP" -> new NodeState.Up();
            case "FENCING" -> new NodeState.Fencing(fenceReason);
            case "FENCED" -> new NodeState.Fenced(fenceReason, NodeJson.evidence(evidence));
            default ->
                    throw new IllegalStateException(
                            "column node.state has an unknown value: " + state);
        };
    }

    /** What was decided; a node that becomes UP again does so by its join. */
    void become(NodeState next) {
        switch (next) {
            case NodeState.Up _ -> throw new IllegalStateException("a node is UP by its join");
            case NodeState.Fencing(var reason) -> {
                state = "FENCING";
                fenceReason = reason;
                fenceTime = Instant.now();
            }
            case NodeState.Fenced(_, var word) -> {
                state = "FENCED";
                evidence = NodeJson.evidence(word);
                confirmTime = Instant.now();
            }
        }
    }

    ClusterNode toNode() {
        return new ClusterNode(
                new NodeName(name),
                address,
                NodeJson.capabilities(capabilities),
                toState(),
                Optional.ofNullable(confirmTime == null ? fenceTime : confirmTime),
                reachable,
                lastRenew,
                NodeJson.names(storagePaths));
    }
}
