package io.tlvm.vm.world;

import com.google.protobuf.ByteString;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.node.v1.*;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Agent;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.Observed;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * An agent whose decisions are the product's ({@link Agent}) and whose machine is a script: states
 * change as a real QEMU's would, at once. Tests make its calls fail, hold them, or take it away.
 */
public final class TestAgent extends IgvmAgentServiceGrpc.IgvmAgentServiceImplBase
        implements AutoCloseable {
    static final Digest LOADED = new Digest("sha256:" + "cd".repeat(32));

    /** What one call shall do instead. */
    public sealed interface Script {
        /** Refuse with this reason. */
        record Fail(ErrorReason reason) implements Script {}

        /** Do it, then lose the answer. */
        record LoseAnswer() implements Script {}
    }

    private static final class Vm {
        final List<JournalRecord> journal = new ArrayList<>();
        Observed observed = new Nothing();
        boolean ignoresButton;

        AgentView view() {
            return AgentView.of(journal);
        }
    }

    private final String name;
    private final TestCluster cluster;
    private final Path ekCertificate;
    private final PkiDirectory pki;
    private final ChannelFactory channels;
    private final Map<String, Vm> vms = new ConcurrentHashMap<>();
    private final Map<String, Script> scripts = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> holds = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> arrivals = new ConcurrentHashMap<>();
    public final Map<String, Integer> calls = new ConcurrentHashMap<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile TlsServer server;
    private final int port;
    private volatile boolean silent;
    private volatile String bootId = UUID.randomUUID().toString();
    private final boolean trustedLaunch;
    private volatile List<String> storagePaths;

    TestAgent(
            String name,
            TestCluster cluster,
            Path directory,
            boolean trustedLaunch,
            String storagePath) {
        this.name = name;
        this.cluster = cluster;
        this.trustedLaunch = trustedLaunch;
        this.storagePaths = List.of(storagePath);
        this.ekCertificate = directory.resolve("ek.der");
        this.pki = PkiDirectory.open(directory.resolve(name));
        this.channels = new ChannelFactory(pki);
        try {
            server = new TlsServer(pki, 0, this);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        port = server.port();
        join();
        Thread.ofVirtual().name("renew-" + name).start(this::renew);
    }

    public String name() {
        return name;
    }

    // ---- what tests do to it

    /** The next call of this RPC does something else. */
    public void script(String rpc, Script script) {
        scripts.put(rpc, script);
    }

    /** Calls of this RPC wait before they do anything, until released. */
    public void hold(String rpc) {
        holds.put(rpc, new CountDownLatch(1));
        arrivals.put(rpc, new CountDownLatch(1));
    }

    public void awaitHeld(String rpc) throws InterruptedException {
        if (!arrivals.get(rpc).await(20, TimeUnit.SECONDS)) {
            throw new AssertionError("nobody called " + rpc + " on " + name);
        }
    }

    public void release(String rpc) {
        holds.remove(rpc).countDown();
    }

    /** The agent's process ends; guests run on. */
    public void kill() {
        silent = true;
        server.close();
    }

    /** It comes back with its journals, and with what it held in memory lost. */
    public void restart() {
        vms.values()
                .forEach(
                        vm -> {
                            synchronized (vm) {
                                vm.journal.addAll(Agent.restarted(vm.view()));
                            }
                        });
        try {
            server = new TlsServer(pki, port, this);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        silent = false;
        bootId = UUID.randomUUID().toString();
        join();
    }

    /** The guest's QEMU ends by itself. */
    public void endGuest(String vm) {
        see(vm, new Nothing());
    }

    public void ignorePowerButton(String vm) {
        vm(vm).ignoresButton = true;
    }

    public Observed observed(String vm) {
        return vm(vm).observed;
    }

    public boolean runs(String vm) {
        return vms.containsKey(vm)
                && vm(vm).observed instanceof Alive(var process, var state)
                && state == State.RUNNING;
    }

    // ---- membership

    private ClusterServiceGrpc.ClusterServiceBlockingStub clusterService() {
        return ClusterServiceGrpc.newBlockingStub(
                        channels.channel(
                                new HostPort("127.0.0.1", cluster.port()),
                                new TrustDomain("tlvm.test").service("vm-service")))
                .withDeadlineAfter(10, TimeUnit.SECONDS);
    }

    private void join() {
        clusterService()
                .join(
                        JoinRequest.newBuilder()
                                .setNode(name)
                                .setBootId(bootId)
                                .setAddress("127.0.0.1:" + port)
                                .setCapabilities(
                                        NodeCapabilities.newBuilder()
                                                .setVcpuCount(1_000)
                                                .setMemoryMib(1_000_000)
                                                .setAccelerator("tcg")
                                                .setCpuModel("Nehalem")
                                                .setTrustedLaunch(trustedLaunch)
                                                .setTrustedLaunchReason(
                                                        trustedLaunch
                                                                ? ""
                                                                : "swtpm is not installed")
                                                .setVbsReason(
                                                        "the test has no nested virtualization"))
                                .addAllMachines(reports())
                                .addAllStoragePaths(storagePaths)
                                .build());
    }

    private void renew() {
        try {
            while (!stopped.await(300, TimeUnit.MILLISECONDS)) {
                if (!silent) {
                    try {
                        var unused =
                                clusterService()
                                        .renew(
                                                RenewRequest.newBuilder()
                                                        .setNode(name)
                                                        .setBootId(bootId)
                                                        .addAllMachines(reports())
                                                        .addAllStoragePaths(storagePaths)
                                                        .build());
                    } catch (StatusRuntimeException notNow) {
                        // tried again
                    }
                }
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private List<MachineReport> reports() {
        List<MachineReport> reports = new ArrayList<>();
        vms.forEach(
                (uid, vm) -> {
                    synchronized (vm) {
                        var report =
                                MachineReport.newBuilder()
                                        .setVmUid(uid)
                                        .setVtpmHealthy(true)
                                        .setState(state(vm.observed));
                        JournalRecord.Claim claim = vm.view().claim();
                        if (claim != null) {
                            report.setClaimedEpoch(claim.epoch().value());
                        }
                        report.setExited(Agent.unasked(vm.view(), vm.observed).isPresent());
                        reports.add(report.build());
                    }
                });
        return reports;
    }

    private static MachineState state(Observed observed) {
        return switch (observed) {
            case Nothing _ -> MachineState.MACHINE_STATE_NONE;
            case Alive(_, var state) ->
                    switch (state) {
                        case RUNNING -> MachineState.MACHINE_STATE_RUNNING;
                        case INCOMING, LOADED -> MachineState.MACHINE_STATE_INCOMING;
                        case POSTMIGRATE -> MachineState.MACHINE_STATE_POSTMIGRATE;
                        case PRELAUNCH, PAUSED, PRE_SWITCHOVER, DEVICE, ENDED ->
                                MachineState.MACHINE_STATE_PAUSED;
                    };
        };
    }

    // ---- the steps

    @Override
    public void prepareDisks(
            PrepareDisksRequest request, StreamObserver<PrepareDisksResponse> answer) {
        serve("PrepareDisks", answer, PrepareDisksResponse::getDefaultInstance);
    }

    @Override
    public void createState(
            CreateStateRequest request, StreamObserver<CreateStateResponse> answer) {
        var told = request.getCommand();
        serve(
                "CreateState",
                answer,
                () -> {
                    decide(told, new Command.Create(version(told), epoch(told), op(told)));
                    StateRef directory = StateRef.ofAttempt(epoch(told), op(told));
                    append(told, new JournalRecord.Created(op(told), epoch(told), directory));
                    byte[] certificate = read(ekCertificate);
                    return CreateStateResponse.newBuilder()
                            .setStateRef(directory.value())
                            .setEkCertificate(ByteString.copyFrom(certificate))
                            .setEkFingerprint(TestCluster.sha256(certificate))
                            .build();
                });
    }

    @Override
    public void withdrawCreate(
            WithdrawCreateRequest request, StreamObserver<WithdrawCreateResponse> answer) {
        var told = request.getCommand();
        serve(
                "WithdrawCreate",
                answer,
                () -> {
                    decide(told, new Command.Withdraw(version(told), epoch(told), op(told)));
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
        serve(
                "Run." + mode,
                answer,
                () ->
                        mode == Mode.COLD && !hasTpm(request.getEkFingerprint())
                                ? refusedState()
                                : switch (decide(
                                        told,
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
        Vm vm = vm(told.getVmUid());
        Epoch process =
                switch (action) {
                    case Action.ColdStart _ -> epoch(told);
                    default -> ((Alive) vm.observed).process();
                };
        see(told.getVmUid(), new Alive(process, State.RUNNING));
        append(told, new JournalRecord.Activated(epoch(told)));
        return RunResponse.newBuilder()
                .setActivated(RunActivated.newBuilder().setAdoptUs(mode == Mode.ADOPT ? 4_000 : 0))
                .build();
    }

    @Override
    public void stop(StopRequest request, StreamObserver<StopResponse> answer) {
        var told = request.getCommand();
        boolean graceful = request.getMode() == io.tlvm.node.v1.StopMode.STOP_MODE_GRACEFUL;
        serve(
                "Stop",
                answer,
                () -> {
                    decide(
                            told,
                            new Command.Stop(
                                    version(told),
                                    epoch(told),
                                    op(told),
                                    graceful ? StopMode.GRACEFUL : StopMode.FORCED));
                    if (graceful && vm(told.getVmUid()).ignoresButton) {
                        return StopResponse.newBuilder().setExited(false).build();
                    }
                    see(told.getVmUid(), new Nothing());
                    return StopResponse.newBuilder().setExited(true).build();
                });
    }

    @Override
    public void prepareIncoming(
            PrepareIncomingRequest request, StreamObserver<PrepareIncomingResponse> answer) {
        var told = request.getCommand();
        serve(
                "PrepareIncoming",
                answer,
                () -> {
                    MigrationPlan plan = TestCluster.verified(request.getPlan(), pki);
                    decide(
                            told,
                            new Command.Prepare(
                                    version(told),
                                    epoch(told),
                                    op(told),
                                    new NodeName(plan.getSourceNode())));
                    see(told.getVmUid(), new Alive(epoch(told), State.INCOMING));
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
        serve(
                "BeginOutgoing",
                answer,
                () -> {
                    MigrationPlan plan = TestCluster.verified(request.getPlan(), pki);
                    var verdict =
                            decide(
                                    told,
                                    new Command.BeginOutgoing(
                                            version(told),
                                            epoch(told),
                                            op(told),
                                            new NodeName(plan.getTargetNode())));
                    if (verdict instanceof Verdict.Answer) {
                        throw refusal(ErrorReason.ERROR_REASON_MACHINE_GONE);
                    }
                    Alive alive = (Alive) vm(told.getVmUid()).observed;
                    see(told.getVmUid(), new Alive(alive.process(), State.PRE_SWITCHOVER));
                    return BeginOutgoingResponse.getDefaultInstance();
                });
    }

    @Override
    public void getTransfer(
            GetTransferRequest request, StreamObserver<GetTransferResponse> answer) {
        serve(
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
        serve(
                "Continue",
                answer,
                () -> {
                    switch (decide(
                            told, new Command.Continue(version(told), epoch(told), op(told)))) {
                        case Verdict.Do _ -> {
                            Alive alive = (Alive) vm(told.getVmUid()).observed;
                            cluster.loadElsewhere(this, told.getVmUid(), op(told));
                            see(told.getVmUid(), new Alive(alive.process(), State.POSTMIGRATE));
                            append(told, new JournalRecord.Released(op(told), epoch(told), LOADED));
                        }
                        case Verdict.Answer(_, Word.Released _) -> {
                            // the promise, repeated
                        }
                        case Verdict.Answer _ ->
                                throw refusal(ErrorReason.ERROR_REASON_MACHINE_GONE);
                        case Verdict.Refuse _ -> throw new AssertionError();
                    }
                    return ContinueResponse.newBuilder()
                            .setDigest(LOADED.value())
                            .setPreSwitchoverUs(2_000)
                            .setQemuDowntimeUs(50_000)
                            .build();
                });
    }

    /** The stream arrives: everything is loaded and sealed. */
    void load(String vm, OperationId op) {
        Vm machine = vm(vm);
        synchronized (machine) {
            JournalRecord.Prepared prepared = machine.view().prepared().get(op);
            if (prepared != null
                    && machine.observed.equals(
                            new Alive(prepared.attemptEpoch(), State.INCOMING))) {
                machine.observed = new Alive(prepared.attemptEpoch(), State.LOADED);
                machine.journal.add(new JournalRecord.Loaded(op, prepared.attemptEpoch(), LOADED));
            }
        }
    }

    @Override
    public void confirmLoaded(
            ConfirmLoadedRequest request, StreamObserver<ConfirmLoadedResponse> answer) {
        var told = request.getCommand();
        serve(
                "ConfirmLoaded",
                answer,
                () -> {
                    decide(told, new Command.ConfirmLoaded(version(told), epoch(told), op(told)));
                    return ConfirmLoadedResponse.newBuilder().setDigest(LOADED.value()).build();
                });
    }

    @Override
    public void discard(DiscardRequest request, StreamObserver<DiscardResponse> answer) {
        var told = request.getCommand();
        serve(
                "Discard",
                answer,
                () -> {
                    decide(told, new Command.Discard(version(told), epoch(told), op(told)));
                    if (vm(told.getVmUid()).observed instanceof Alive(var process, _)
                            && process.equals(epoch(told))) {
                        see(told.getVmUid(), new Nothing());
                    }
                    return DiscardResponse.getDefaultInstance();
                });
    }

    @Override
    public void retire(RetireRequest request, StreamObserver<RetireResponse> answer) {
        var told = request.getCommand();
        serve(
                "Retire",
                answer,
                () -> {
                    var verdict =
                            decide(
                                    told,
                                    new Command.Retire(
                                            version(told),
                                            epoch(told),
                                            op(told),
                                            new StateRef(request.getStateRef())));
                    if (verdict instanceof Verdict.Do) {
                        see(told.getVmUid(), new Nothing());
                        append(told, new JournalRecord.Tombstone(op(told), epoch(told)));
                    }
                    return RetireResponse.getDefaultInstance();
                });
    }

    @Override
    public void purge(PurgeRequest request, StreamObserver<PurgeResponse> answer) {
        var told = request.getCommand();
        serve(
                "Purge",
                answer,
                () -> {
                    decide(told, new Command.Purge(version(told), epoch(told), op(told)));
                    see(told.getVmUid(), new Nothing());
                    return PurgeResponse.getDefaultInstance();
                });
    }

    @Override
    public void getMachine(GetMachineRequest request, StreamObserver<GetMachineResponse> answer) {
        serve(
                "GetMachine",
                answer,
                () ->
                        GetMachineResponse.newBuilder()
                                .setReport(
                                        MachineReport.newBuilder()
                                                .setVmUid(request.getVmUid())
                                                .setState(state(vm(request.getVmUid()).observed)))
                                .build());
    }

    // ---- machinery

    private <T> void serve(String rpc, StreamObserver<T> answer, Supplier<T> work) {
        calls.merge(rpc, 1, Integer::sum);
        try {
            CountDownLatch hold = holds.get(rpc);
            if (hold != null) {
                arrivals.get(rpc).countDown();
                hold.await();
            }
            Script script = scripts.remove(rpc);
            if (script instanceof Script.Fail(var reason)) {
                answer.onError(refusal(reason));
                return;
            }
            T item = work.get();
            if (script instanceof Script.LoseAnswer) {
                answer.onError(
                        io.grpc.Status.UNAVAILABLE
                                .withDescription("the answer was lost")
                                .asRuntimeException());
                return;
            }
            answer.onNext(item);
            answer.onCompleted();
        } catch (StatusRuntimeException refused) {
            answer.onError(refused);
        } catch (InterruptedException killed) {
            Thread.currentThread().interrupt();
            answer.onError(io.grpc.Status.UNAVAILABLE.asRuntimeException());
        }
    }

    private Verdict decide(io.tlvm.node.v1.Command told, Command command) {
        Vm vm = vm(told.getVmUid());
        synchronized (vm) {
            Verdict verdict = Agent.decide(vm.view(), command, vm.observed);
            switch (verdict) {
                case Verdict.Do(var first, _) -> vm.journal.addAll(first);
                case Verdict.Answer(var first, _) -> vm.journal.addAll(first);
                case Verdict.Refuse(var why) ->
                        throw refusal(
                                switch (why) {
                                    case Verdict.Reason.Stale _, Verdict.Reason.StaleEpoch _ ->
                                            ErrorReason.ERROR_REASON_STALE_COMMAND;
                                    case Verdict.Reason.AttemptOver _ ->
                                            ErrorReason.ERROR_REASON_ATTEMPT_OVER;
                                    case Verdict.Reason.UnknownOperation _ ->
                                            ErrorReason.ERROR_REASON_NOT_CLAIMED;
                                    case Verdict.Reason.StateMade _,
                                            Verdict.Reason.NotNow _,
                                            Verdict.Reason.Purged _ ->
                                            ErrorReason.ERROR_REASON_INVALID_STATE;
                                });
            }
            return verdict;
        }
    }

    private static StatusRuntimeException refusal(ErrorReason reason) {
        return Refusal.of(reason, ErrorDomain.NODE)
                .what("the test agent says %s", reason)
                .asException();
    }

    private void append(io.tlvm.node.v1.Command told, JournalRecord added) {
        Vm vm = vm(told.getVmUid());
        synchronized (vm) {
            vm.journal.add(added);
        }
    }

    void see(String vm, Observed observed) {
        Vm machine = vm(vm);
        synchronized (machine) {
            machine.observed = observed;
        }
        cluster.check(vm);
    }

    private Vm vm(String uid) {
        return vms.computeIfAbsent(uid, ignored -> new Vm());
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

    @Override
    public void close() {
        stopped.countDown();
        holds.values().forEach(CountDownLatch::countDown);
        server.close();
        channels.close();
        pki.close();
    }
}
