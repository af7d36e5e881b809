package io.tlvm.vm.postgres;

import io.quarkus.hibernate.reactive.panache.PanacheEntityBase;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.GuestIdentity;
import io.tlvm.ownership.row.OwnershipRow;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

import org.hibernate.annotations.Immutable;
import org.jspecify.annotations.NullUnmarked;

import java.util.UUID;

/** Table ownership, for reading; {@link PostgresOwnership} alone writes it, without Hibernate. */
@Entity
@Immutable
@Table(name = "ownership")
@NullUnmarked // fields are set by Hibernate
class OwnershipEntity extends PanacheEntityBase {
    @Id
    @Column(name = "vm_uid")
    UUID vmUid;

    @Column(name = "row_version")
    long rowVersion;

    long epoch;

    @Column(name = "attempt_epoch")
    long attemptEpoch;

    String owner;

    @Column(name = "state_ref")
    String stateRef;

    @Column(name = "ek_fingerprint")
    String ekFingerprint;

    @Column(name = "ek_certificate")
    String ekCertificate;

    @Column(name = "prior_owner")
    String priorOwner;

    @Column(name = "prior_ref")
    String priorRef;

    @Column(name = "prior_epoch")
    Long priorEpoch;

    String phase;

    @Column(name = "phase_data")
    String phaseData;

    @Column(name = "clean_ups")
    String cleanUps;

    OwnershipRow toRow() {
        return new OwnershipRow(
                VmUid.of(vmUid),
                new RowVersion(rowVersion),
                new Epoch(epoch),
                new Epoch(attemptEpoch),
                new NodeName(owner),
                stateRef == null ? null : new StateRef(stateRef),
                ekFingerprint == null ? null : new GuestIdentity(ekFingerprint, ekCertificate),
                priorOwner == null
                        ? null
                        : new OwnershipRow.Prior(
                                new NodeName(priorOwner),
                                new StateRef(priorRef),
                                new Epoch(priorEpoch)),
                OwnershipJson.phase(phase, phaseData),
                OwnershipJson.cleanUps(cleanUps));
    }
}
