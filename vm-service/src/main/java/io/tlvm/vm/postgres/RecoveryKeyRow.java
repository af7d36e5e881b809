package io.tlvm.vm.postgres;

import com.google.protobuf.ByteString;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tlvm.foundation.keyset.RecoveryKey;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.hibernate.annotations.Immutable;
import org.jspecify.annotations.NullUnmarked;

import java.util.Base64;

/** Table recovery_key. */
@Entity
@Immutable
@Table(name = "recovery_key")
@NullUnmarked // fields are set by Hibernate
class RecoveryKeyRow extends PanacheEntityBase {
    @Id
    @Column(name = "key_id")
    String keyId;

    @Column(name = "public_key")
    String publicKey;

    RecoveryKey toKey() {
        return new RecoveryKey(keyId, ByteString.copyFrom(Base64.getDecoder().decode(publicKey)));
    }
}
