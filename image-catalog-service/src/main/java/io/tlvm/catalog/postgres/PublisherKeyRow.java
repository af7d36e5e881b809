package io.tlvm.catalog.postgres;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.jspecify.annotations.NullUnmarked;

/** Table publisher_key. */
@Entity
@Table(name = "publisher_key")
@NullUnmarked // fields are set by Hibernate
class PublisherKeyRow extends PanacheEntityBase {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    long id;

    String publisher;
    String fingerprint;

    @Column(name = "public_key")
    byte[] publicKey;

    @Column(name = "added_by")
    String addedBy;
}
