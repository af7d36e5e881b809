package io.tlvm.vm.postgres;

import com.google.protobuf.ByteString;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tlvm.vm.keys.KeyWrap;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;

import org.hibernate.annotations.Immutable;
import org.jspecify.annotations.NullUnmarked;

import java.io.Serializable;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;

/** Table state_key_wrap. */
@Entity
@Immutable
@IdClass(StateKeyWrapRow.Key.class)
@Table(name = "state_key_wrap")
@NullUnmarked // fields are set by Hibernate
class StateKeyWrapRow extends PanacheEntityBase {
    @Id
    @Column(name = "vm_uid")
    UUID vmUid;

    @Id
    @Column(name = "state_ref")
    String stateRef;

    @Id String recipient;

    String sealed;

    @Column(name = "create_time")
    Instant createTime;

    /** The primary key. */
    record Key(UUID vmUid, String stateRef, String recipient) implements Serializable {}

    KeyWrap toWrap() {
        return new KeyWrap(recipient, ByteString.copyFrom(Base64.getDecoder().decode(sealed)));
    }
}
