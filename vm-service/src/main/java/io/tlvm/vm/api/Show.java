package io.tlvm.vm.api;

import com.google.protobuf.Any;
import com.google.rpc.Status;

import io.tlvm.compute.v1.AttestationStatus;
import io.tlvm.compute.v1.EffectiveSecurityProfile;
import io.tlvm.compute.v1.GuestState;
import io.tlvm.compute.v1.GuestStateBackup;
import io.tlvm.compute.v1.HardwareProfile;
import io.tlvm.compute.v1.PlacementPolicy;
import io.tlvm.compute.v1.SecurityProfile;
import io.tlvm.compute.v1.StorageProfile;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachine.PowerState;
import io.tlvm.compute.v1.VirtualMachineOperationMetadata;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.node.v1.DebugPaths;
import io.tlvm.ownership.row.GuestIdentity;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.backup.MadeBackup;
import io.tlvm.vm.backup.Protection;
import io.tlvm.vm.machine.Condition;
import io.tlvm.vm.machine.EkCertificate;
import io.tlvm.vm.machine.HostDetails;
import io.tlvm.vm.machine.Machine;
import io.tlvm.vm.machine.MachineName;
import io.tlvm.vm.machine.MachineView;
import io.tlvm.vm.machine.PublicForm;
import io.tlvm.vm.machine.Security;
import io.tlvm.vm.machine.Work;
import io.tlvm.vm.migration.MigrationRecord;
import io.tlvm.vm.node.StoragePath;
import io.tlvm.vm.refusal.VmRefusal;

import jakarta.inject.Singleton;

import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

/** VMs and their operations as clients see them. */
@Singleton
class Show implements PublicForm {
    private final PkiDirectory pki;
    private final Protection protection;
    private final Clock clock;

    Show(PkiDirectory pki, Protection protection, Clock clock) {
        this.pki = pki;
        this.protection = protection;
        this.clock = clock;
    }

    @Override
    public Any metadata(
            MachineName target,
            Work work,
            String step,
            String message,
            Instant asked,
            String requester,
            Optional<MigrationRecord> migration) {
        var metadata =
                VirtualMachineOperationMetadata.newBuilder()
                        .setTarget(target.toString())
                        .setVerb(work.verb())
                        .setStep(step)
                        .setMessage(message)
                        .setCreateTime(Translate.proto(asked))
                        .setRequester(requester);
        migration.ifPresent(
                record -> metadata.setMigration(ShowMigration.of(target.toString(), record)));
        return Any.pack(metadata.build());
    }

    @Override
    public Any response(MachineView machine) {
        return Any.pack(machine(machine));
    }

    @Override
    public Status error(VmRefusal why) {
        return Refusals.of(why).asStatus();
    }

    VirtualMachine machine(MachineView view) {
        Machine machine = view.machine();
        var shown =
                VirtualMachine.newBuilder()
                        .setName(machine.name().toString())
                        .setUid(machine.uid().value())
                        .putAllLabels(machine.labels())
                        .setHardwareProfile(
                                HardwareProfile.newBuilder()
                                        .setVcpuCount(machine.hardware().vcpus())
                                        .setMemoryMib(machine.hardware().memoryMib()))
                        .setSecurityProfile(requested(machine.security().requested()))
                        .setEffectiveSecurityProfile(effective(machine.security().effective()))
                        .setStorageProfile(storage(machine))
                        .setPlacementPolicy(
                                PlacementPolicy.newBuilder()
                                        .setNode(
                                                machine.wantedNode()
                                                        .map(node -> "nodes/" + node)
                                                        .orElse("")))
                        .setState(state(view))
                        .setPowerState(power(view))
                        .setNode(view.row().map(row -> "nodes/" + row.owner()).orElse(""))
                        .setCurrentOperation(view.operation().orElse(""))
                        .setEtag(machine.etag())
                        .setCreateTime(Translate.proto(machine.createTime()))
                        .setUpdateTime(Translate.proto(machine.updateTime()))
                        .setCreator(machine.creator())
                        .setAttestationStatus(
                                AttestationStatus.newBuilder()
                                        .setHealthStatus("NOT_AVAILABLE")
                                        .setMessage("guest attestation is not built yet"))
                        .setMacAddress(machine.mac());
        machine.conditions().stream().map(Show::condition).forEach(shown::addConditions);
        protection.of(view, clock.instant()).map(Show::condition).ifPresent(shown::addConditions);
        view.owner()
                .map(
                        owner ->
                                agentConnected(
                                        owner.reachable(), owner.name().value(), owner.lastRenew()))
                .ifPresent(shown::addConditions);
        machine.lastError().ifPresent(shown::setLastError);
        machine.deleteTime().map(Translate::proto).ifPresent(shown::setDeleteTime);
        machine.migration()
                .map(record -> ShowMigration.of(machine.name().toString(), record))
                .ifPresent(shown::setLastMigration);
        machine.host().map(Show::host).ifPresent(shown::setDebug);
        view.row()
                .ifPresent(
                        row -> {
                            shown.setGuestState(guestState(row));
                            machine.backup()
                                    .map(Show::backup)
                                    .ifPresent(shown.getGuestStateBuilder()::setLastBackup);
                            if (row.phase() instanceof Phase.Deleting(var purgeTime)) {
                                shown.setPurgeTime(Translate.proto(purgeTime));
                            }
                        });
        return shown.build();
    }

    private static VirtualMachine.State state(MachineView view) {
        if (view.deleted()) {
            return VirtualMachine.State.STATE_DELETED;
        }
        if (view.row().map(row -> row.phase() instanceof Phase.Quarantined).orElse(false)) {
            return VirtualMachine.State.STATE_QUARANTINED;
        }
        return switch (view.machine().provisioning()) {
            case CREATING -> VirtualMachine.State.STATE_CREATING;
            case ACTIVE -> VirtualMachine.State.STATE_ACTIVE;
            case FAILED -> VirtualMachine.State.STATE_FAILED;
            case PURGED -> VirtualMachine.State.STATE_DELETED;
        };
    }

    private static PowerState power(MachineView view) {
        return switch (view.power()) {
            case RUNNING -> PowerState.POWER_STATE_RUNNING;
            case STARTING -> PowerState.POWER_STATE_STARTING;
            case STOPPING -> PowerState.POWER_STATE_STOPPING;
            case STOPPED -> PowerState.POWER_STATE_STOPPED;
            case UNKNOWN -> PowerState.POWER_STATE_UNKNOWN;
            case MIGRATING -> PowerState.POWER_STATE_MIGRATING;
        };
    }

    private static SecurityProfile requested(Security.Requested requested) {
        var shown = SecurityProfile.newBuilder().setVbsEnabled(requested.vbs());
        requested.type().map(Translate::proto).ifPresent(shown::setSecurityType);
        requested.vtpm().ifPresent(shown::setVtpmEnabled);
        requested.secureBoot().ifPresent(shown::setSecureBootEnabled);
        return shown.build();
    }

    private static EffectiveSecurityProfile effective(Security.Effective effective) {
        return EffectiveSecurityProfile.newBuilder()
                .setSecurityType(Translate.proto(effective.type()))
                .setVtpmEnabled(effective.vtpm())
                .setSecureBootEnabled(effective.secureBoot())
                .setVbsCapable(effective.vbs())
                .build();
    }

    private static StorageProfile storage(Machine machine) {
        var shown =
                StorageProfile.newBuilder()
                        .setImage(machine.image())
                        .setStoragePath(
                                machine.storagePath()
                                        .map(StoragePath::name)
                                        .or(machine::wantedStoragePath)
                                        .orElse(""));
        machine.pinned()
                .ifPresent(
                        image ->
                                shown.setImageUrn(image.urn())
                                        .setImageDigest(image.digest().value()));
        return shown.build();
    }

    private GuestState guestState(OwnershipRow row) {
        var shown =
                GuestState.newBuilder()
                        .setEpoch(row.epoch().value())
                        .setPhase(Ownership.phaseName(row.phase()))
                        .setRowVersion(row.version().value());
        if (row.stateRef() != null) {
            shown.setStateRef(row.requireStateRef().value());
        }
        GuestIdentity identity = row.identity();
        if (identity != null) {
            shown.setEkFingerprint(identity.ekFingerprint());
            EkCertificate.of(identity)
                    .ifPresent(
                            certificate ->
                                    shown.setEkCertificatePem(certificate.pem())
                                            .setEkVerified(
                                                    certificate.is(identity.ekFingerprint())
                                                            && certificate.endorses(row.vm())
                                                            && certificate.leadsTo(
                                                                    pki.trustManager()
                                                                            .getAcceptedIssuers())));
        }
        return shown.build();
    }

    private static GuestStateBackup backup(MadeBackup backup) {
        return GuestStateBackup.newBuilder()
                .setBackupId(backup.number().value())
                .setCreateTime(Translate.proto(backup.createTime()))
                .setStateDigest(backup.stateDigest().value())
                .addAllRecipients(backup.recipients())
                .build();
    }

    private static io.tlvm.compute.v1.Condition condition(Condition condition) {
        return io.tlvm.compute.v1.Condition.newBuilder()
                .setType(condition.type())
                .setStatus(condition.status())
                .setReason(condition.reason())
                .setMessage(condition.message())
                .setLastTransitionTime(Translate.proto(condition.since()))
                .build();
    }

    private static io.tlvm.compute.v1.Condition agentConnected(
            boolean reachable, String node, Instant lastRenew) {
        return condition(
                new Condition(
                        "AgentConnected",
                        reachable ? "True" : "False",
                        reachable ? "RENEWING" : "SILENT",
                        "the agent of " + node + " renewed last at " + lastRenew,
                        lastRenew));
    }

    private static DebugPaths host(HostDetails host) {
        return DebugPaths.newBuilder()
                .setRunDirectory(host.runDirectory())
                .setObserverSocket(host.observerSocket())
                .setControlSocket(host.controlSocket())
                .setTickSocket(host.tickSocket())
                .setSerialLog(host.serialLog())
                .setQemuPid(host.qemuPid())
                .setSwtpmPid(host.swtpmPid())
                .setGuardianPid(host.guardianPid())
                .setStateDirectory(host.stateDirectory())
                .build();
    }
}
