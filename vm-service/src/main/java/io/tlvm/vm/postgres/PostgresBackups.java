package io.tlvm.vm.postgres;

import io.tlvm.foundation.postgres.Database;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.backup.BackupRecords;
import io.tlvm.vm.backup.MadeBackup;
import io.tlvm.vm.machine.MachineName;
import io.tlvm.vm.machine.Provisioning;

import jakarta.inject.Singleton;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/** The columns of table machine about backups. */
@Singleton
class PostgresBackups implements BackupRecords {
    private final Database database;

    PostgresBackups(Database database) {
        this.database = database;
    }

    @Override
    public void backedUp(VmUid vm, MadeBackup backup) {
        var unused =
                database.inTransaction(
                        session ->
                                session.createNativeQuery(
                                                "update machine set backup = :backup where uid ="
                                                        + " :vm")
                                        .setParameter("backup", BackupJson.write(backup))
                                        .setParameter("vm", UUID.fromString(vm.value()))
                                        .executeUpdate());
    }

    @Override
    public void escrowed(VmUid vm, MadeBackup backup) {
        var unused =
                database.inTransaction(
                        session ->
                                session.createNativeQuery(
                                                "update machine set escrow_time = now(), escrow_ref"
                                                        + " = :directory where uid = :vm")
                                        .setParameter("directory", backup.directory().value())
                                        .setParameter("vm", UUID.fromString(vm.value()))
                                        .executeUpdate());
    }

    @Override
    public List<MachineName> escrowDue(Instant before, int max) {
        return database.inTransaction(
                session ->
                        session.createNativeQuery(
                                        """
                                        select m.name from machine m join ownership o on o.vm_uid = m.uid
                                            join node owner on owner.name = o.owner
                                        where m.provisioning = 'ACTIVE' and o.phase in ('STOPPED', 'RUNNING')
                                            and owner.state = 'UP' and not owner.shown_silent
                                            and (m.escrow_time is null or m.escrow_time < :before
                                                or m.escrow_ref is distinct from o.state_ref)
                                        order by random() limit :max
                                        """,
                                        String.class)
                                .setParameter("before", before)
                                .setParameter("max", max)
                                .getResultList()
                                .map(names -> names.stream().map(MachineName::parse).toList()));
    }

    @Override
    public List<VmUid> purged(Collection<VmUid> vms) {
        if (vms.isEmpty()) {
            return List.of();
        }
        List<UUID> uids = vms.stream().map(vm -> UUID.fromString(vm.value())).toList();
        return database.inTransaction(
                session ->
                        MachineRow.<MachineRow>list(
                                        "provisioning = ?1 and uid in ?2",
                                        Provisioning.PURGED,
                                        uids)
                                .map(rows -> rows.stream().map(MachineRow::vm).toList()));
    }
}
