package io.tlvm.agent.api;

import com.google.protobuf.ByteString;

import io.tlvm.agent.cluster.KeyReports;
import io.tlvm.agent.hypervisor.qemu.MigrationInfo;
import io.tlvm.agent.keys.KeyWrap;
import io.tlvm.agent.machine.Answer;
import io.tlvm.agent.machine.BackupOrder;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.foundation.identity.PeerIdentity;
import io.tlvm.node.v1.BeginOutgoingResponse;
import io.tlvm.node.v1.Command;
import io.tlvm.node.v1.ConfirmLoadedResponse;
import io.tlvm.node.v1.ContinueResponse;
import io.tlvm.node.v1.CreateStateResponse;
import io.tlvm.node.v1.GetTransferResponse;
import io.tlvm.node.v1.PrepareIncomingResponse;
import io.tlvm.node.v1.RunActivated;
import io.tlvm.node.v1.RunExited;
import io.tlvm.node.v1.RunGone;
import io.tlvm.node.v1.RunMode;
import io.tlvm.node.v1.RunNotClaimed;
import io.tlvm.node.v1.RunResponse;
import io.tlvm.node.v1.RunStateRefused;
import io.tlvm.node.v1.SealBackupRequest;
import io.tlvm.node.v1.StateStored;
import io.tlvm.node.v1.StopMode;
import io.tlvm.node.v1.StopResponse;
import io.tlvm.node.v1.StoreFromStateRefResponse;
import io.tlvm.node.v1.StoreStateRefused;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Phase;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Between the contract's messages and the domain's values. */
final class Translate {
    private Translate() {}

    static VmUid vm(Command command) {
        return new VmUid(command.getVmUid());
    }

    static OperationId op(Command command) {
        return new OperationId(command.getOpId());
    }

    static Epoch epoch(Command command) {
        return new Epoch(command.getEpoch());
    }

    static RowVersion version(Command command) {
        return new RowVersion(command.getRowVersion());
    }

    static BackupOrder backup(SealBackupRequest request) {
        Command command = request.getCommand();
        return new BackupOrder(
                vm(command),
                version(command),
                epoch(command),
                op(command),
                new StateRef(request.getStateRef()),
                Optional.of(request.getEkFingerprint())
                        .filter(fingerprint -> !fingerprint.isEmpty())
                        .map(Digest::new),
                request.getSpec(),
                request.getVmName(),
                request.getRecipientsList().stream().map(RecipientKey::new).toList());
    }

    static Phase.Mode mode(RunMode mode) {
        return switch (mode) {
            case RUN_MODE_COLD -> Phase.Mode.COLD;
            case RUN_MODE_ADOPT -> Phase.Mode.ADOPT;
            case RUN_MODE_RESUME -> Phase.Mode.RESUME;
            case RUN_MODE_UNSPECIFIED, UNRECOGNIZED ->
                    throw new IllegalArgumentException("validation let a mode pass");
        };
    }

    static Phase.StopMode mode(StopMode mode) {
        return switch (mode) {
            case STOP_MODE_GRACEFUL -> Phase.StopMode.GRACEFUL;
            case STOP_MODE_FORCED -> Phase.StopMode.FORCED;
            case STOP_MODE_UNSPECIFIED, UNRECOGNIZED ->
                    throw new IllegalArgumentException("validation let a mode pass");
        };
    }

    static CreateStateResponse created(Answer answer) {
        if (!(answer instanceof Answer.Created(var directory, var certificate, var wraps))) {
            throw unexpected(answer);
        }
        return CreateStateResponse.newBuilder()
                .setStateRef(directory.value())
                .setEkCertificate(certificate)
                .setEkFingerprint(fingerprint(certificate))
                .addAllWraps(proto(wraps))
                .build();
    }

    private static String fingerprint(ByteString certificate) {
        if (certificate.isEmpty()) {
            return "";
        }
        try {
            return PeerIdentity.fingerprint(
                    (X509Certificate)
                            CertificateFactory.getInstance("X.509")
                                    .generateCertificate(
                                            new ByteArrayInputStream(certificate.toByteArray())));
        } catch (CertificateException notOurs) {
            throw new IllegalStateException(
                    "the certificate that was just read does not parse", notOurs);
        }
    }

    static RunResponse run(Answer answer) {
        RunResponse.Builder response = RunResponse.newBuilder();
        switch (answer) {
            case Answer.Activated(var pause, var adopt) ->
                    response.setActivated(
                            RunActivated.newBuilder()
                                    .setPauseUs(micros(pause))
                                    .setAdoptUs(micros(adopt)));
            case Answer.Exited(var reason) ->
                    response.setExited(RunExited.newBuilder().setReason(reason));
            case Answer.Gone() -> response.setGone(RunGone.getDefaultInstance());
            case Answer.NotClaimed() -> response.setNotClaimed(RunNotClaimed.getDefaultInstance());
            case Answer.StateRefused(var evidence) ->
                    response.setStateRefused(RunStateRefused.newBuilder().setEvidence(evidence));
            case Answer.Created _,
                    Answer.Stored _,
                    Answer.Stopping _,
                    Answer.Prepared _,
                    Answer.AtPreSwitchover _,
                    Answer.Released _,
                    Answer.Loaded _,
                    Answer.Done _ ->
                    throw unexpected(answer);
        }
        return response.build();
    }

    static StopResponse stopped(Answer answer) {
        return switch (answer) {
            // A refused start leaves nothing running either.
            case Answer.Exited _, Answer.StateRefused _ ->
                    StopResponse.newBuilder().setExited(true).build();
            case Answer.Stopping _ -> StopResponse.getDefaultInstance();
            case Answer.Created _,
                    Answer.Stored _,
                    Answer.Activated _,
                    Answer.Gone _,
                    Answer.NotClaimed _,
                    Answer.Prepared _,
                    Answer.AtPreSwitchover _,
                    Answer.Released _,
                    Answer.Loaded _,
                    Answer.Done _ ->
                    throw unexpected(answer);
        };
    }

    static PrepareIncomingResponse prepared(Answer answer) {
        if (!(answer instanceof Answer.Prepared(var directory, var key))) {
            throw unexpected(answer);
        }
        return PrepareIncomingResponse.newBuilder()
                .setHpkeKey(key)
                .setStateRef(directory.value())
                .build();
    }

    static ContinueResponse released(Answer answer) {
        if (!(answer instanceof Answer.Released(var digest, var preSwitchover, var downtime))) {
            throw unexpected(answer);
        }
        return ContinueResponse.newBuilder()
                .setDigest(digest.value())
                .setPreSwitchoverUs(micros(preSwitchover))
                .setQemuDowntimeUs(micros(downtime))
                .build();
    }

    static ConfirmLoadedResponse loaded(Answer answer) {
        if (!(answer instanceof Answer.Loaded(var digest, var wraps))) {
            throw unexpected(answer);
        }
        return ConfirmLoadedResponse.newBuilder()
                .setDigest(digest.value())
                .addAllWraps(proto(wraps))
                .build();
    }

    static StoreFromStateRefResponse stored(Answer answer) {
        StoreFromStateRefResponse.Builder response = StoreFromStateRefResponse.newBuilder();
        return switch (answer) {
            case Answer.Stored(var digest, var wraps) ->
                    response.setStored(
                                    StateStored.newBuilder()
                                            .setDigest(digest.value())
                                            .addAllWraps(proto(wraps)))
                            .build();
            case Answer.StateRefused(var evidence) ->
                    response.setStateRefused(StoreStateRefused.newBuilder().setEvidence(evidence))
                            .build();
            case Answer.Created _,
                    Answer.Activated _,
                    Answer.Exited _,
                    Answer.Gone _,
                    Answer.NotClaimed _,
                    Answer.Stopping _,
                    Answer.Prepared _,
                    Answer.AtPreSwitchover _,
                    Answer.Released _,
                    Answer.Loaded _,
                    Answer.Done _ ->
                    throw unexpected(answer);
        };
    }

    private static List<io.tlvm.node.v1.KeyWrap> proto(List<KeyWrap> wraps) {
        return wraps.stream().map(KeyReports::proto).toList();
    }

    static BeginOutgoingResponse atPause(Answer answer) {
        if (!(answer instanceof Answer.AtPreSwitchover)) {
            throw unexpected(answer);
        }
        return BeginOutgoingResponse.getDefaultInstance();
    }

    static GetTransferResponse progress(MigrationInfo info) {
        return GetTransferResponse.newBuilder()
                .setMemoryTotalBytes(info.totalBytes())
                .setMemoryTransferredBytes(info.transferredBytes())
                .setMemoryRemainingBytes(info.remainingBytes())
                .setDirtyPagesPerSecond(info.dirtyPagesPerSecond())
                .setIteration(info.iteration())
                .setThroughputBytesPerSecond(info.bytesPerSecond())
                .build();
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1_000;
    }

    private static IllegalStateException unexpected(Answer answer) {
        return new IllegalStateException("no answer to this call: " + answer);
    }
}
