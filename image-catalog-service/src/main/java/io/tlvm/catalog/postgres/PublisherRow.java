package io.tlvm.catalog.postgres;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.jspecify.annotations.NullUnmarked;

import java.time.Instant;

/** Table publisher. */
@Entity
@Table(name = "publisher")
@NullUnmarked // fields are set by Hibernate
class PublisherRow extends PanacheEntityBase {
    @Id String id;

    @Column(name = "display_name")
    String displayName;

    boolean seeded;

    @Column(name = "created_by")
    String createdBy;

    @Column(name = "create_time")
    Instant createTime;
}
