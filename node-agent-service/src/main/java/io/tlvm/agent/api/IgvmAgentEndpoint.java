package io.tlvm.agent.api;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.tlvm.agent.cluster.JoinState;
import io.tlvm.agent.hypervisor.qemu.MigrationInfo;
import io.tlvm.agent.machine.Answer;
import io.tlvm.agent.machine.BackupOrder;
import io.tlvm.agent.machine.MachineDriver;
import io.tlvm.agent.machine.MachineRefusal;
import io.tlvm.agent.machine.Order;
import io.tlvm.node.v1.BeginOutgoingRequest;
import io.tlvm.node.v1.BeginOutgoingResponse;
import io.tlvm.node.v1.ConfirmLoadedRequest;
import io.tlvm.node.v1.ConfirmLoadedResponse;
import io.tlvm.node.v1.ContinueRequest;
import io.tlvm.node.v1.ContinueResponse;
import io.tlvm.node.v1.CreateStateRequest;
import io.tlvm.node.v1.CreateStateResponse;
import io.tlvm.node.v1.DiscardRequest;
import io.tlvm.node.v1.DiscardResponse;
import io.tlvm.node.v1.GetCapabilitiesRequest;
import io.tlvm.node.v1.GetCapabilitiesResponse;
import io.tlvm.node.v1.GetMachineRequest;
import io.tlvm.node.v1.GetMachineResponse;
import io.tlvm.node.v1.GetTransferRequest;
import io.tlvm.node.v1.GetTransferResponse;
import io.tlvm.node.v1.IgvmAgentService;
import io.tlvm.node.v1.MachineReport;
import io.tlvm.node.v1.PrepareDisksRequest;
import io.tlvm.node.v1.PrepareDisksResponse;
import io.tlvm.node.v1.PrepareIncomingRequest;
import io.tlvm.node.v1.PrepareIncomingResponse;
import io.tlvm.node.v1.PurgeRequest;
import io.tlvm.node.v1.PurgeResponse;
import io.tlvm.node.v1.RetireRequest;
import io.tlvm.node.v1.RetireResponse;
import io.tlvm.node.v1.RunRequest;
import io.tlvm.node.v1.RunResponse;
import io.tlvm.node.v1.SealBackupRequest;
import io.tlvm.node.v1.SealBackupResponse;
import io.tlvm.node.v1.StopRequest;
import io.tlvm.node.v1.StopResponse;
import io.tlvm.node.v1.StoreFromStateRefRequest;
import io.tlvm.node.v1.StoreFromStateRefResponse;
import io.tlvm.node.v1.WithdrawCreateRequest;
import io.tlvm.node.v1.WithdrawCreateResponse;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.journal.Command;

import jakarta.inject.Provider;

import java.util.Optional;

/** tlvm.node.v1.IgvmAgentService: one command each for the driver of the machine. */
@GrpcService
class IgvmAgentEndpoint implements IgvmAgentService {
    private final JoinState join;
    private final Provider<AgentRooms> rooms;

    IgvmAgentEndpoint(JoinState join, Provider<AgentRooms> rooms) {
        this.join = join;
        this.rooms = rooms;
    }

    @Override
    public Uni<GetCapabilitiesResponse> getCapabilities(GetCapabilitiesRequest request) {
        return Answering.with(
                () ->
                        GetCapabilitiesResponse.newBuilder()
                                .setCapabilities(rooms.get().capabilities().now())
                                .build());
    }

    @Override
    public Uni<PrepareDisksResponse> prepareDisks(PrepareDisksRequest request) {
        return Answering.with(
                () -> {
                    VmUid vm = Translate.vm(request.getCommand());
                    driver(vm).requireCurrent(Translate.version(request.getCommand()));
                    rooms.get().disks().prepare(vm, request.getSpec());
                    return PrepareDisksResponse.getDefaultInstance();
                });
    }

    @Override
    public Uni<CreateStateResponse> createState(CreateStateRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    var create =
                            new Command.Create(
                                    Translate.version(c), Translate.epoch(c), Translate.op(c));
                    return Translate.created(
                            obey(Order.of(Translate.vm(c), create, request.getSpec())));
                });
    }

    @Override
    public Uni<WithdrawCreateResponse> withdrawCreate(WithdrawCreateRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    var withdraw =
                            new Command.Withdraw(
                                    Translate.version(c), Translate.epoch(c), Translate.op(c));
                    Answer unused = obey(Order.of(Translate.vm(c), withdraw, request.getStorage()));
                    return WithdrawCreateResponse.getDefaultInstance();
                });
    }

    @Override
    public Uni<StoreFromStateRefResponse> storeFromStateRef(StoreFromStateRefRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    var store =
                            new Command.StoreState(
                                    Translate.version(c),
                                    Translate.epoch(c),
                                    Translate.op(c),
                                    new NodeName(request.getSourceNode()),
                                    new StateRef(request.getSourceDir()),
                                    new StateRef(request.getTargetDir()));
                    Order order =
                            Order.of(Translate.vm(c), store, request.getSpec())
                                    .with(request.getSealedStateKey());
                    return Translate.stored(obey(expecting(order, request.getEkFingerprint())));
                });
    }

    @Override
    public Uni<RunResponse> run(RunRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    var run =
                            new Command.Run(
                                    Translate.version(c),
                                    Translate.epoch(c),
                                    Translate.op(c),
                                    Translate.mode(request.getMode()),
                                    new StateRef(request.getStateRef()));
                    Order order = Order.of(Translate.vm(c), run, request.getSpec());
                    return withMore(
                            order,
                            Translate.run(obey(expecting(order, request.getEkFingerprint()))));
                });
    }

    private RunResponse withMore(Order order, RunResponse answer) throws InterruptedException {
        if (!answer.hasActivated()) {
            return answer;
        }
        RunResponse.Builder more = answer.toBuilder();
        MachineDriver driver = driver(order.vm());
        MachineReport report = driver.report();
        if (report.hasDebug()) {
            more.getActivatedBuilder().setDebug(report.getDebug());
        }
        rooms.get()
                .witness()
                .asTarget(
                        order.vm(), driver.journal(), order.command().op(), order.command().epoch())
                .ifPresent(more.getActivatedBuilder()::setHandOver);
        return more.build();
    }

    @Override
    public Uni<StopResponse> stop(StopRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    var stop =
                            new Command.Stop(
                                    Translate.version(c),
                                    Translate.epoch(c),
                                    Translate.op(c),
                                    Translate.mode(request.getMode()));
                    return Translate.stopped(
                            obey(Order.of(Translate.vm(c), stop, request.getSpec())));
                });
    }

    @Override
    public Uni<PrepareIncomingResponse> prepareIncoming(PrepareIncomingRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    VmUid vm = Translate.vm(c);
                    requireJoined(vm);
                    var plan = rooms.get().plans().asTarget(vm, Translate.op(c), request.getPlan());
                    var prepare =
                            new Command.Prepare(
                                    Translate.version(c),
                                    Translate.epoch(c),
                                    Translate.op(c),
                                    plan.source());
                    return Translate.prepared(
                            obey(Order.of(vm, prepare, request.getSpec()).with(plan, 0)));
                });
    }

    @Override
    public Uni<BeginOutgoingResponse> beginOutgoing(BeginOutgoingRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    VmUid vm = Translate.vm(c);
                    requireJoined(vm);
                    var plan = rooms.get().plans().asSource(vm, Translate.op(c), request.getPlan());
                    var begin =
                            new Command.BeginOutgoing(
                                    Translate.version(c),
                                    Translate.epoch(c),
                                    Translate.op(c),
                                    plan.target());
                    return Translate.atPause(
                            obey(
                                    Order.of(vm, begin, request.getSpec())
                                            .with(plan, request.getBandwidthBytesPerSecond())));
                });
    }

    @Override
    public Uni<GetTransferResponse> getTransfer(GetTransferRequest request) {
        return Answering.with(
                () -> {
                    var driver = rooms.get().machines().find(new VmUid(request.getVmUid()));
                    var progress =
                            driver.isPresent()
                                    ? driver.get().progress(new OperationId(request.getOpId()))
                                    : Optional.<MigrationInfo>empty();
                    return progress.map(Translate::progress)
                            .orElseGet(GetTransferResponse::getDefaultInstance);
                });
    }

    @Override
    public Uni<ContinueResponse> continue_(ContinueRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    var go =
                            new Command.Continue(
                                    Translate.version(c), Translate.epoch(c), Translate.op(c));
                    return Translate.released(obey(Order.of(Translate.vm(c), go)));
                });
    }

    @Override
    public Uni<ConfirmLoadedResponse> confirmLoaded(ConfirmLoadedRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    var confirm =
                            new Command.ConfirmLoaded(
                                    Translate.version(c), Translate.epoch(c), Translate.op(c));
                    return Translate.loaded(obey(Order.of(Translate.vm(c), confirm)));
                });
    }

    @Override
    public Uni<DiscardResponse> discard(DiscardRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    var discard =
                            new Command.Discard(
                                    Translate.version(c), Translate.epoch(c), Translate.op(c));
                    Answer unused = obey(Order.of(Translate.vm(c), discard, request.getStorage()));
                    return DiscardResponse.getDefaultInstance();
                });
    }

    @Override
    public Uni<RetireResponse> retire(RetireRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    var retire =
                            new Command.Retire(
                                    Translate.version(c),
                                    Translate.epoch(c),
                                    Translate.op(c),
                                    new StateRef(request.getStateRef()));
                    Order order = Order.of(Translate.vm(c), retire, request.getStorage());
                    Answer unused = obey(order);
                    var answer = RetireResponse.newBuilder();
                    rooms.get()
                            .witness()
                            .asSource(
                                    order.vm(),
                                    driver(order.vm()).journal(),
                                    retire.op(),
                                    retire.epoch())
                            .ifPresent(answer::setHandOver);
                    return answer.build();
                });
    }

    @Override
    public Uni<PurgeResponse> purge(PurgeRequest request) {
        return Answering.with(
                () -> {
                    var c = request.getCommand();
                    var purge =
                            new Command.Purge(
                                    Translate.version(c), Translate.epoch(c), Translate.op(c));
                    Answer unused = obey(Order.of(Translate.vm(c), purge, request.getStorage()));
                    return PurgeResponse.getDefaultInstance();
                });
    }

    @Override
    public Uni<SealBackupResponse> sealBackup(SealBackupRequest request) {
        return Answering.with(
                () -> {
                    BackupOrder order = Translate.backup(request);
                    return SealBackupResponse.newBuilder()
                            .setBundle(driver(order.vm()).backup(order))
                            .build();
                });
    }

    @Override
    public Uni<GetMachineResponse> getMachine(GetMachineRequest request) {
        return Answering.with(
                () -> {
                    VmUid vm = new VmUid(request.getVmUid());
                    MachineDriver driver =
                            rooms.get()
                                    .machines()
                                    .find(vm)
                                    .orElseThrow(() -> new MachineRefusal.Unknown().of(vm));
                    return GetMachineResponse.newBuilder().setReport(driver.report()).build();
                });
    }

    private static Order expecting(Order order, String ekFingerprint) {
        return ekFingerprint.isEmpty() ? order : order.expecting(new Digest(ekFingerprint));
    }

    private Answer obey(Order order) throws InterruptedException {
        return driver(order.vm()).obey(order);
    }

    private MachineDriver driver(VmUid vm) throws InterruptedException {
        requireJoined(vm);
        return rooms.get().machines().driver(vm);
    }

    private void requireJoined(VmUid vm) {
        if (!join.isJoined()) {
            throw new MachineRefusal.NotJoined().of(vm);
        }
    }
}
