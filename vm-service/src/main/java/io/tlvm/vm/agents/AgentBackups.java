package io.tlvm.vm.agents;

import com.google.protobuf.ByteString;

import io.grpc.StatusRuntimeException;
import io.tlvm.foundation.backup.BackupReader;
import io.tlvm.foundation.backup.BackupRefused;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.node.storage.v1.BackupHeader;
import io.tlvm.node.storage.v1.BackupRecipient;
import io.tlvm.node.v1.SealBackupRequest;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.vm.backup.BackupSource;
import io.tlvm.vm.backup.MadeBackup;
import io.tlvm.vm.machine.Machine;
import io.tlvm.vm.ownership.StepFailure;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Has agents make backups, and reads what they made as anybody will: one that is not accepted here
 * would be found out when it is needed.
 */
final class AgentBackups implements BackupSource {
    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final String STEP = "SEAL_BACKUP";

    private final AgentChannels agents;
    private final TrustDomain trustDomain;
    private final Supplier<List<X509Certificate>> authorities;

    /**
     * @param authorities of the cluster, as they are when a backup is read
     */
    AgentBackups(
            AgentChannels agents,
            TrustDomain trustDomain,
            Supplier<List<X509Certificate>> authorities) {
        this.agents = agents;
        this.trustDomain = trustDomain;
        this.authorities = authorities;
    }

    @Override
    public Sealed seal(
            Machine machine, OwnershipRow row, OperationId number, List<RecipientKey> recipients) {
        SealBackupRequest request = request(machine, row, number, recipients);
        ByteString file;
        try {
            file = agents.stub(row.owner(), BOUND).sealBackup(request).getBundle();
        } catch (StatusRuntimeException failed) {
            throw failed(machine, row, AgentFailure.of(failed));
        }
        BackupHeader header;
        try {
            header = new BackupReader(authorities.get()).read(file.toByteArray()).header();
        } catch (BackupRefused refused) {
            throw notAccepted(machine, row, refused.why().message());
        }
        if (!answers(header, request, row)) {
            throw notAccepted(machine, row, "it is not what was asked for");
        }
        return new Sealed(made(header), file);
    }

    private static SealBackupRequest request(
            Machine machine, OwnershipRow row, OperationId number, List<RecipientKey> recipients) {
        return SealBackupRequest.newBuilder()
                .setCommand(Commands.command(row, number, row.epoch()))
                .setSpec(Commands.spec(machine))
                .setStateRef(row.requireStateRef().value())
                .setEkFingerprint(Commands.endorsementKey(row))
                .setVmName(machine.name().toString())
                .addAllRecipients(recipients.stream().map(RecipientKey::publicKey).toList())
                .build();
    }

    /** An agent that was asked for one machine and made a backup of another is not believed. */
    private boolean answers(BackupHeader header, SealBackupRequest request, OwnershipRow row) {
        return header.getBackupId().equals(request.getCommand().getOpId())
                && header.getVmUid().equals(request.getCommand().getVmUid())
                && header.getVmName().equals(request.getVmName())
                && header.getTrustDomain().equals(trustDomain.name())
                && header.getNode().equals(row.owner().value())
                && header.getEpoch() == request.getCommand().getEpoch()
                && header.getRowVersion() == request.getCommand().getRowVersion()
                && header.getStateRef().equals(request.getStateRef())
                && header.getEkFingerprint().equals(request.getEkFingerprint())
                && header.getSpec().equals(request.getSpec())
                && ids(header)
                        .equals(
                                request.getRecipientsList().stream()
                                        .distinct()
                                        .map(key -> new RecipientKey(key).id())
                                        .toList());
    }

    private static MadeBackup made(BackupHeader header) {
        return new MadeBackup(
                new OperationId(header.getBackupId()),
                Instant.ofEpochSecond(
                        header.getCreateTime().getSeconds(), header.getCreateTime().getNanos()),
                new StateRef(header.getStateRef()),
                new Digest(header.getStateDigest()),
                ids(header));
    }

    private static List<String> ids(BackupHeader header) {
        return header.getRecipientsList().stream().map(BackupRecipient::getKeyId).toList();
    }

    private static VmRefused notAccepted(Machine machine, OwnershipRow row, String why) {
        return failed(
                machine,
                row,
                new StepFailure(
                        StepFailure.Kind.REFUSED,
                        "GUEST_STATE_CORRUPT",
                        "the backup that it made is not accepted: " + why,
                        "look at the agent of node " + row.owner() + ": it is damaged or not ours",
                        Map.of()));
    }

    private static VmRefused failed(Machine machine, OwnershipRow row, StepFailure failure) {
        return new VmRefused(
                new MachineRefusal.StepFailed(
                        machine.name().toString(), STEP, row.owner().value(), failure));
    }
}
