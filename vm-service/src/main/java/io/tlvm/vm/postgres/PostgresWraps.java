package io.tlvm.vm.postgres;

import io.smallrye.mutiny.Uni;
import io.tlvm.foundation.keyset.RecoveryKey;
import io.tlvm.foundation.postgres.Database;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.keys.KeyWrap;
import io.tlvm.vm.keys.WrapRecords;

import jakarta.inject.Singleton;

import org.hibernate.reactive.mutiny.Mutiny;

import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Wrapped state keys in PostgreSQL. */
@Singleton
class PostgresWraps implements WrapRecords {
    private final Database database;

    PostgresWraps(Database database) {
        this.database = database;
    }

    @Override
    public Optional<RecoveryKey> registered() {
        return database.inTransaction(session -> read());
    }

    @Override
    public RecoveryKey register(RecoveryKey key) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        "insert into recovery_key (key_id, public_key, create_time)"
                                            + " values (:id, :key, now()) on conflict do nothing")
                                .setParameter("id", key.id())
                                .setParameter(
                                        "key",
                                        Base64.getEncoder()
                                                .encodeToString(key.publicKey().toByteArray()))
                                .executeUpdate()
                                .chain(inserted -> read())
                                .map(Optional::orElseThrow));
    }

    private static Uni<Optional<RecoveryKey>> read() {
        return RecoveryKeyRow.<RecoveryKeyRow>listAll()
                .map(rows -> rows.stream().map(RecoveryKeyRow::toKey).findFirst());
    }

    @Override
    public void keep(VmUid vm, StateRef directory, List<KeyWrap> wraps) {
        var unused =
                database.inTransaction(
                        session -> {
                            Uni<Integer> kept = Uni.createFrom().item(0);
                            for (KeyWrap wrap : wraps) {
                                kept = kept.chain(before -> keep(session, vm, directory, wrap));
                            }
                            return kept;
                        });
    }

    private static Uni<Integer> keep(
            Mutiny.Session session, VmUid vm, StateRef directory, KeyWrap wrap) {
        return session.createNativeQuery(
                        "insert into state_key_wrap (vm_uid, state_ref, recipient, sealed,"
                                + " create_time) values (:vm, :directory, :recipient, :sealed,"
                                + " now()) on conflict do nothing")
                .setParameter("vm", UUID.fromString(vm.value()))
                .setParameter("directory", directory.value())
                .setParameter("recipient", wrap.recipient())
                .setParameter(
                        "sealed", Base64.getEncoder().encodeToString(wrap.sealed().toByteArray()))
                .executeUpdate();
    }

    @Override
    public List<KeyWrap> find(VmUid vm, StateRef directory) {
        return database.inTransaction(
                session ->
                        StateKeyWrapRow.<StateKeyWrapRow>list(
                                        "vmUid = ?1 and stateRef = ?2 order by createTime desc",
                                        UUID.fromString(vm.value()),
                                        directory.value())
                                .map(rows -> rows.stream().map(StateKeyWrapRow::toWrap).toList()));
    }

    @Override
    public void forget(VmUid vm, StateRef directory) {
        var unused =
                database.inTransaction(
                        session ->
                                session.createNativeQuery(
                                                "delete from state_key_wrap where vm_uid = :vm and"
                                                        + " state_ref = :directory")
                                        .setParameter("vm", UUID.fromString(vm.value()))
                                        .setParameter("directory", directory.value())
                                        .executeUpdate());
    }

    @Override
    public void forget(VmUid vm) {
        var unused =
                database.inTransaction(
                        session ->
                                session.createNativeQuery(
                                                "delete from state_key_wrap where vm_uid = :vm")
                                        .setParameter("vm", UUID.fromString(vm.value()))
                                        .executeUpdate());
    }
}
