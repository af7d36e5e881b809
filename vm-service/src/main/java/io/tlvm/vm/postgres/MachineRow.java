package io.tlvm.vm.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Status;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.machine.Hardware;
import io.tlvm.vm.machine.Machine;
import io.tlvm.vm.machine.MachineName;
import io.tlvm.vm.machine.NewMachine;
import io.tlvm.vm.machine.PinnedImage;
import io.tlvm.vm.machine.Provisioning;
import io.tlvm.vm.machine.Security;
import io.tlvm.vm.node.StoragePath;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.hibernate.annotations.DynamicUpdate;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.NullUnmarked;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Table machine; its columns created_in and changed_in are the database's own. */
@Entity
@Table(name = "machine")
@DynamicUpdate
@NullUnmarked // fields are set by Hibernate
class MachineRow extends PanacheEntityBase {
    @Id UUID uid;

    String name;
    String project;
    String labels;
    int vcpus;

    @Column(name = "memory_mib")
    long memoryMib;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    @Column(name = "requested_type")
    Security.Type requestedType;

    @Column(name = "requested_vtpm")
    Boolean requestedVtpm;

    @Column(name = "requested_secure_boot")
    Boolean requestedSecureBoot;

    @Column(name = "requested_vbs")
    boolean requestedVbs;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    @Column(name = "security_type")
    Security.Type securityType;

    boolean vtpm;

    @Column(name = "secure_boot")
    boolean secureBoot;

    String image;

    @Column(name = "image_urn")
    String imageUrn;

    @Column(name = "image_digest")
    String imageDigest;

    @Column(name = "wanted_storage_path")
    String wantedStoragePath;

    @Column(name = "storage_path")
    String storagePath;

    @Column(name = "wanted_node")
    String wantedNode;

    @Column(name = "os_disk")
    String osDisk;

    @Column(name = "run_as_uid")
    int runAsUid;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    Provisioning provisioning;

    @Column(name = "last_error")
    byte[] lastError;

    String conditions;
    String host;
    String migration;
    String backup;
    long revision;
    String creator;

    @Column(name = "create_time")
    Instant createTime;

    @Column(name = "update_time")
    Instant updateTime;

    @Column(name = "delete_time")
    Instant deleteTime;

    static MachineRow of(NewMachine machine, int runAsUid, String creator, Instant now) {
        var row = new MachineRow();
        Security.Requested requested = machine.security().requested();
        Security.Effective effective = machine.security().effective();
        row.uid = UUID.fromString(machine.uid().value());
        row.name = machine.name().toString();
        row.project = machine.name().project();
        row.labels = MachineJson.labels(machine.labels());
        row.vcpus = machine.hardware().vcpus();
        row.memoryMib = machine.hardware().memoryMib();
        row.requestedType = requested.type().orElse(null);
        row.requestedVtpm = requested.vtpm().orElse(null);
        row.requestedSecureBoot = requested.secureBoot().orElse(null);
        row.requestedVbs = requested.vbs();
        row.securityType = effective.type();
        row.vtpm = effective.vtpm();
        row.secureBoot = effective.secureBoot();
        row.image = machine.image();
        row.wantedStoragePath = machine.storagePath().orElse(null);
        row.wantedNode = machine.node().map(NodeName::value).orElse(null);
        // Named by the epoch of the create; on a shared path it stays over every move.
        row.osDisk = "os.1";
        row.runAsUid = runAsUid;
        row.provisioning = Provisioning.CREATING;
        row.conditions = MachineJson.conditions(List.of());
        row.revision = 1;
        row.creator = creator;
        row.createTime = now;
        row.updateTime = now;
        return row;
    }

    VmUid vm() {
        return VmUid.of(uid);
    }

    Machine toMachine(Optional<StoragePath> path) {
        return new Machine(
                vm(),
                MachineName.parse(name),
                MachineJson.labels(labels),
                new Hardware(vcpus, memoryMib),
                new Security(
                        new Security.Requested(
                                Optional.ofNullable(requestedType),
                                Optional.ofNullable(requestedVtpm),
                                Optional.ofNullable(requestedSecureBoot),
                                requestedVbs),
                        new Security.Effective(securityType, vtpm, secureBoot, requestedVbs)),
                image,
                imageDigest == null
                        ? Optional.empty()
                        : Optional.of(new PinnedImage(imageUrn, new Digest(imageDigest))),
                Optional.ofNullable(wantedStoragePath),
                path,
                Optional.ofNullable(wantedNode).map(NodeName::new),
                osDisk,
                runAsUid,
                provisioning,
                Optional.ofNullable(lastError).map(MachineRow::status),
                MachineJson.conditions(conditions),
                Optional.ofNullable(host).map(MachineJson::host),
                Optional.ofNullable(migration).map(MigrationJson::read),
                Optional.ofNullable(backup).map(BackupJson::read),
                revision,
                creator,
                createTime,
                updateTime,
                Optional.ofNullable(deleteTime));
    }

    private static Status status(byte[] written) {
        try {
            return Status.parseFrom(written);
        } catch (InvalidProtocolBufferException damaged) {
            throw new IllegalStateException("column last_error is damaged", damaged);
        }
    }
}
