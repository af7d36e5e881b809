package io.tlvm.vm.world;

import com.google.protobuf.ByteString;

import io.grpc.stub.StreamObserver;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.node.v1.*;
import io.tlvm.node.v1.StateStored;
import io.tlvm.node.v1.StoreFromStateRefRequest;
import io.tlvm.node.v1.StoreFromStateRefResponse;
import io.tlvm.node.v1.StoreStateRefused;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.Observed.Alive;
import io.tlvm.ownership.journal.Observed.Nothing;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.journal.Verdict;
import io.tlvm.ownership.journal.Verdict.Action;
import io.tlvm.ownership.journal.Verdict.Word;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.StopMode;
import io.tlvm.type.v1.ErrorReason;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;

/** The calls that a node's agent serves, each a decision and what it does to the machine. */
final class AgentCalls extends IgvmAgentServiceGrpc.IgvmAgentServiceImplBase {
    private final TestCluster cluster;
    private final ScriptedMachines machines;
    private final ScriptedCalls calls;
    private final PkiDirectory pki;
    private final ScriptedKeys keys;
    private final ScriptedBackups backups;
    private final Path ekCertificate;
    private final ScriptedWitness witness;

    AgentCalls(
            String node,
            TestCluster cluster,
            ScriptedMachines machines,
            ScriptedCalls calls,
            PkiDirectory pki,
            ScriptedKeys keys,
            ScriptedBackups backups,
            Path ekCertificate) {
        this.witness = new ScriptedWitness(node, machines, pki);
        this.cluster = cluster;
        this.machines = machines;
        this.calls = calls;
        this.pki = pki;
        this.keys = keys;
        this.backups = backups;
        this.ekCertificate = ekCertificate;
    }

    @Override
    public void prepareDisks(
            PrepareDisksRequest request, StreamObserver<PrepareDisksResponse> answer) {
        calls.serve("PrepareDisks", answer, PrepareDisksResponse::getDefaultInstance);
    }

    @Override
    public void createState(
            CreateStateRequest request, StreamObserver<CreateStateResponse> answer) {
        var told = request.getCommand();
        calls.serve(
                "CreateState",
                answer,
                () -> {
                    machines.decide(
                            told.getVmUid(),
                            new Command.Create(version(told), epoch(told), op(told)));
                    StateRef directory = StateRef.ofAttempt(epoch(told), op(told));
                    machines.append(
                            told.getVmUid(),
                            new JournalRecord.Created(op(told), epoch(told), directory));
                    byte[] certificate = read(ekCertificate);
                    return CreateStateResponse.newBuilder()
                            .setStateRef(directory.value())
                            .setEkCertificate(ByteString.copyFrom(certificate))
                            .setEkFingerprint(TestCluster.sha256(certificate))
                            .addAllWraps(keys.wraps(told.getVmUid(), directory.value()))
                            .build();
                });
    }

    @Override
    public void storeFromStateRef(
            StoreFromStateRefRequest request, StreamObserver<StoreFromStateRefResponse> answer) {
        var told = request.getCommand();
        calls.serve(
                "StoreFromStateRef",
                answer,
                () -> {
                    if (!opens(request)) {
                        return StoreFromStateRefResponse.newBuilder()
                                .setStateRefused(
                                        StoreStateRefused.newBuilder()
                                                .setEvidence("the key does not open"))
                                .build();
                    }
                    Verdict verdict =
                            machines.decide(
                                    told.getVmUid(),
                                    new Command.StoreState(
                                            version(told),
                                            epoch(told),
                                            op(told),
                                            new NodeName(request.getSourceNode()),
                                            new StateRef(request.getSourceDir()),
                                            new StateRef(request.getTargetDir())));
                    if (verdict instanceof Verdict.Do) {
                        machines.append(
                                told.getVmUid(),
                                new JournalRecord.Stored(
                                        op(told), epoch(told), ScriptedMachines.LOADED));
                    }
                    return StoreFromStateRefResponse.newBuilder()
                            .setStored(
                                    StateStored.newBuilder()
                                            .setDigest(ScriptedMachines.LOADED.value())
                                            .addAllWraps(
                                                    keys.wraps(
                                                            told.getVmUid(),
                                                            request.getTargetDir())))
                            .build();
                });
    }

    /** Whether what came is the very key that the lost node made. */
    private boolean opens(StoreFromStateRefRequest request) {
        String vm = request.getCommand().getVmUid();
        try {
            return Arrays.equals(
                            keys.open(
                                    request.getSealedStateKey(),
                                    request.getCommand(),
                                    request.getSourceDir()),
                            cluster.keyOf(request.getSourceNode(), vm, request.getSourceDir()))
                    && hasTpm(request.getEkFingerprint());
        } catch (GeneralSecurityException forged) {
            return false;
        }
    }

    @Override
    public void withdrawCreate(
            WithdrawCreateRequest request, StreamObserver<WithdrawCreateResponse> answer) {
        var told = request.getCommand();
        calls.serve(
                "WithdrawCreate",
                answer,
                () -> {
                    machines.decide(
                            told.getVmUid(),
                            new Command.Withdraw(version(told), epoch(told), op(told)));
                    return WithdrawCreateResponse.getDefaultInstance();
                });
    }

    @Override
    public void run(RunRequest request, StreamObserver<RunResponse> answer) {
        var told = request.getCommand();
        Mode mode =
                switch (request.getMode()) {
                    case RUN_MODE_ADOPT -> Mode.ADOPT;
                    case RUN_MODE_RESUME -> Mode.RESUME;
                    case RUN_MODE_COLD, RUN_MODE_UNSPECIFIED, UNRECOGNIZED -> Mode.COLD;
                };
        calls.serve(
                "Run." + mode,
                answer,
                () ->
                        mode == Mode.COLD && !hasTpm(request.getEkFingerprint())
                                ? refusedState()
                                : switch (machines.decide(
                                        told.getVmUid(),
                                        new Command.Run(
                                                version(told),
                                                epoch(told),
                                                op(told),
                                                mode,
                                                new StateRef(request.getStateRef())))) {
                                    case Verdict.Answer(_, Word.Exited _) ->
                                            RunResponse.newBuilder()
                                                    .setExited(RunExited.getDefaultInstance())
                                                    .build();
                                    case Verdict.Answer(_, Word.Gone _) ->
                                            RunResponse.newBuilder()
                                                    .setGone(RunGone.getDefaultInstance())
                                                    .build();
                                    case Verdict.Answer(_, Word.NotClaimed _) ->
                                            RunResponse.newBuilder()
                                                    .setNotClaimed(
                                                            RunNotClaimed.getDefaultInstance())
                                                    .build();
                                    case Verdict.Answer _, Verdict.Refuse _ ->
                                            throw new AssertionError("not an answer to Run");
                                    case Verdict.Do(_, var action) -> ran(told, mode, action);
                                });
    }

    private boolean hasTpm(String fingerprint) {
        return fingerprint.equals(TestCluster.sha256(read(ekCertificate)));
    }

    private static RunResponse refusedState() {
        return RunResponse.newBuilder()
                .setStateRefused(RunStateRefused.newBuilder().setEvidence("another TPM"))
                .build();
    }

    private RunResponse ran(io.tlvm.node.v1.Command told, Mode mode, Action action) {
        Epoch process =
                switch (action) {
                    case Action.ColdStart _ -> epoch(told);
                    default -> ((Alive) machines.observed(told.getVmUid())).process();
                };
        machines.see(told.getVmUid(), new Alive(process, State.RUNNING));
        machines.append(told.getVmUid(), new JournalRecord.Activated(epoch(told)));
        var activated =
                RunActivated.newBuilder()
                        .setAdoptUs(mode == Mode.ADOPT ? 4_000 : 0)
                        .setDebug(paths(told.getEpoch()));
        if (mode == Mode.ADOPT) {
            witness.signed(told, false).ifPresent(activated::setHandOver);
        }
        return RunResponse.newBuilder().setActivated(activated).build();
    }

    /** From now on this node signs with a certificate that is not its own. */
    void signWith(PkiDirectory other) {
        witness.signWith(other);
    }

    /** Where a guest that was started under {@code epoch} is. */
    static DebugPaths paths(long epoch) {
        return DebugPaths.newBuilder().setRunDirectory("/run/guest." + epoch).build();
    }

    @Override
    public void stop(StopRequest request, StreamObserver<StopResponse> answer) {
        var told = request.getCommand();
        boolean graceful = request.getMode() == io.tlvm.node.v1.StopMode.STOP_MODE_GRACEFUL;
        calls.serve(
                "Stop",
                answer,
                () -> {
                    machines.decide(
                            told.getVmUid(),
                            new Command.Stop(
                                    version(told),
                                    epoch(told),
                                    op(told),
                                    graceful ? StopMode.GRACEFUL : StopMode.FORCED));
                    if (graceful && machines.ignoresPowerButton(told.getVmUid())) {
                        return StopResponse.newBuilder().setExited(false).build();
                    }
                    machines.see(told.getVmUid(), new Nothing());
                    return StopResponse.newBuilder().setExited(true).build();
                });
    }

    @Override
    public void prepareIncoming(
            PrepareIncomingRequest request, StreamObserver<PrepareIncomingResponse> answer) {
        var told = request.getCommand();
        calls.serve(
                "PrepareIncoming",
                answer,
                () -> {
                    MigrationPlan plan = TestCluster.verified(request.getPlan(), pki);
                    machines.decide(
                            told.getVmUid(),
                            new Command.Prepare(
                                    version(told),
                                    epoch(told),
                                    op(told),
                                    new NodeName(plan.getSourceNode())));
                    machines.see(told.getVmUid(), new Alive(epoch(told), State.INCOMING));
                    return PrepareIncomingResponse.newBuilder()
                            .setHpkeKey(ByteString.copyFrom(new byte[] {1, 2, 3}))
                            .setStateRef(StateRef.ofAttempt(epoch(told), op(told)).value())
                            .build();
                });
    }

    @Override
    public void beginOutgoing(
            BeginOutgoingRequest request, StreamObserver<BeginOutgoingResponse> answer) {
        var told = request.getCommand();
        calls.serve(
                "BeginOutgoing",
                answer,
                () -> {
                    MigrationPlan plan = TestCluster.verified(request.getPlan(), pki);
                    var verdict =
                            machines.decide(
                                    told.getVmUid(),
                                    new Command.BeginOutgoing(
                                            version(told),
                                            epoch(told),
                                            op(told),
                                            new NodeName(plan.getTargetNode())));
                    if (verdict instanceof Verdict.Answer) {
                        throw ScriptedCalls.refusal(ErrorReason.ERROR_REASON_MACHINE_GONE);
                    }
                    Alive alive = (Alive) machines.observed(told.getVmUid());
                    machines.see(told.getVmUid(), new Alive(alive.process(), State.PRE_SWITCHOVER));
                    return BeginOutgoingResponse.getDefaultInstance();
                });
    }

    @Override
    public void getTransfer(
            GetTransferRequest request, StreamObserver<GetTransferResponse> answer) {
        calls.serve(
                "GetTransfer",
                answer,
                () ->
                        GetTransferResponse.newBuilder()
                                .setMemoryTotalBytes(1_000)
                                .setMemoryTransferredBytes(600)
                                .setMemoryRemainingBytes(400)
                                .setIteration(1)
                                .build());
    }

    @Override
    public void continue_(ContinueRequest request, StreamObserver<ContinueResponse> answer) {
        var told = request.getCommand();
        calls.serve(
                "Continue",
                answer,
                () -> {
                    switch (machines.decide(
                            told.getVmUid(),
                            new Command.Continue(version(told), epoch(told), op(told)))) {
                        case Verdict.Do _ -> {
                            Alive alive = (Alive) machines.observed(told.getVmUid());
                            cluster.loadElsewhere(machines, told.getVmUid(), op(told));
                            machines.see(
                                    told.getVmUid(), new Alive(alive.process(), State.POSTMIGRATE));
                            machines.append(
                                    told.getVmUid(),
                                    new JournalRecord.Released(
                                            op(told), epoch(told), ScriptedMachines.LOADED));
                        }
                        case Verdict.Answer(_, Word.Released _) -> {
                            // the promise, repeated
                        }
                        case Verdict.Answer _ ->
                                throw ScriptedCalls.refusal(ErrorReason.ERROR_REASON_MACHINE_GONE);
                        case Verdict.Refuse _ -> throw new AssertionError();
                    }
                    return ContinueResponse.newBuilder()
                            .setDigest(ScriptedMachines.LOADED.value())
                            .setPreSwitchoverUs(2_000)
                            .setQemuDowntimeUs(50_000)
                            .build();
                });
    }

    @Override
    public void confirmLoaded(
            ConfirmLoadedRequest request, StreamObserver<ConfirmLoadedResponse> answer) {
        var told = request.getCommand();
        calls.serve(
                "ConfirmLoaded",
                answer,
                () -> {
                    machines.decide(
                            told.getVmUid(),
                            new Command.ConfirmLoaded(version(told), epoch(told), op(told)));
                    return ConfirmLoadedResponse.newBuilder()
                            .setDigest(ScriptedMachines.LOADED.value())
                            .addAllWraps(
                                    keys.wraps(
                                            told.getVmUid(),
                                            StateRef.ofAttempt(epoch(told), op(told)).value()))
                            .build();
                });
    }

    @Override
    public void discard(DiscardRequest request, StreamObserver<DiscardResponse> answer) {
        var told = request.getCommand();
        calls.serve(
                "Discard",
                answer,
                () -> {
                    machines.decide(
                            told.getVmUid(),
                            new Command.Discard(version(told), epoch(told), op(told)));
                    if (machines.observed(told.getVmUid()) instanceof Alive(var process, _)
                            && process.equals(epoch(told))) {
                        machines.see(told.getVmUid(), new Nothing());
                    }
                    return DiscardResponse.getDefaultInstance();
                });
    }

    @Override
    public void retire(RetireRequest request, StreamObserver<RetireResponse> answer) {
        var told = request.getCommand();
        calls.serve(
                "Retire",
                answer,
                () -> {
                    var verdict =
                            machines.decide(
                                    told.getVmUid(),
                                    new Command.Retire(
                                            version(told),
                                            epoch(told),
                                            op(told),
                                            new StateRef(request.getStateRef())));
                    if (verdict instanceof Verdict.Do) {
                        machines.see(told.getVmUid(), new Nothing());
                        machines.append(
                                told.getVmUid(),
                                new JournalRecord.Tombstone(op(told), epoch(told)));
                    }
                    return witness.signed(told, true)
                            .map(word -> RetireResponse.newBuilder().setHandOver(word).build())
                            .orElseGet(RetireResponse::getDefaultInstance);
                });
    }

    @Override
    public void purge(PurgeRequest request, StreamObserver<PurgeResponse> answer) {
        var told = request.getCommand();
        calls.serve(
                "Purge",
                answer,
                () -> {
                    machines.decide(
                            told.getVmUid(),
                            new Command.Purge(version(told), epoch(told), op(told)));
                    machines.see(told.getVmUid(), new Nothing());
                    return PurgeResponse.getDefaultInstance();
                });
    }

    @Override
    public void getMachine(GetMachineRequest request, StreamObserver<GetMachineResponse> answer) {
        calls.serve(
                "GetMachine",
                answer,
                () ->
                        GetMachineResponse.newBuilder()
                                .setReport(machines.report(request.getVmUid()))
                                .build());
    }

    @Override
    public void sealBackup(SealBackupRequest request, StreamObserver<SealBackupResponse> answer) {
        calls.serve(
                "SealBackup",
                answer,
                () -> SealBackupResponse.newBuilder().setBundle(backups.seal(request)).build());
    }

    private static RowVersion version(io.tlvm.node.v1.Command told) {
        return new RowVersion(told.getRowVersion());
    }

    private static Epoch epoch(io.tlvm.node.v1.Command told) {
        return new Epoch(told.getEpoch());
    }

    private static OperationId op(io.tlvm.node.v1.Command told) {
        return new OperationId(told.getOpId());
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
