package io.tlvm.catalog.postgres;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.jspecify.annotations.NullUnmarked;

/** Table image_statement. */
@Entity
@Table(name = "image_statement")
@NullUnmarked // fields are set by Hibernate
class ImageStatementRow extends PanacheEntityBase {
    @Id String name;

    byte[] statement;
    byte[] signature;
}
