package io.tlvm.vm.api;

import com.google.longrunning.Operation;
import com.google.protobuf.Any;
import com.google.protobuf.Message;

import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.Uni;
import io.tlvm.compute.v1.CreateVirtualMachineRequest;
import io.tlvm.compute.v1.DeleteVirtualMachineRequest;
import io.tlvm.compute.v1.GetVirtualMachineRequest;
import io.tlvm.compute.v1.ListVirtualMachinesRequest;
import io.tlvm.compute.v1.ListVirtualMachinesResponse;
import io.tlvm.compute.v1.MigrateVirtualMachineRequest;
import io.tlvm.compute.v1.RestartVirtualMachineRequest;
import io.tlvm.compute.v1.StartVirtualMachineRequest;
import io.tlvm.compute.v1.StopVirtualMachineRequest;
import io.tlvm.compute.v1.UndeleteVirtualMachineRequest;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachineService;
import io.tlvm.foundation.access.Caller;
import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.operation.OperationStore;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.request.RequestFingerprint;
import io.tlvm.foundation.request.RequestId;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.vm.machine.Asked;
import io.tlvm.vm.machine.MachineName;
import io.tlvm.vm.machine.MachineRecords.Wanted;
import io.tlvm.vm.machine.Machines;
import io.tlvm.vm.machine.NewMachine;
import io.tlvm.vm.machine.Work;
import io.tlvm.vm.migration.Migrations;
import io.tlvm.vm.placement.Choice;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Duration;
import java.util.Optional;

/** tlvm.compute.v1.VirtualMachineService. */
@GrpcService
class VirtualMachineEndpoint implements VirtualMachineService {
    private static final Duration STOP_PATIENCE_DEFAULT = Duration.ofSeconds(60);
    private static final Duration RETAIN_DEFAULT = Duration.ofDays(7);
    private static final Duration MIGRATION_DEFAULT = Duration.ofMinutes(10);
    private static final long MIB = 1024 * 1024;

    private final Machines machines;
    private final Migrations migrations;
    private final OperationStore operations;
    private final Show show;
    private final Pages pages;

    VirtualMachineEndpoint(
            Machines machines,
            Migrations migrations,
            OperationStore operations,
            Show show,
            Pages pages) {
        this.machines = machines;
        this.migrations = migrations;
        this.operations = operations;
        this.show = show;
        this.pages = pages;
    }

    @Override
    public Uni<Operation> createVirtualMachine(CreateVirtualMachineRequest request) {
        return Answer.of(
                () -> {
                    NewMachine machine = Translate.newMachine(request);
                    return request.getValidateOnly()
                            ? checked(placed(machine, machines.tryCreate(machine)))
                            : begun(
                                    machines.create(
                                            machine,
                                            !request.getStopped(),
                                            asked(request, request.getRequestId())));
                });
    }

    @Override
    public Uni<VirtualMachine> getVirtualMachine(GetVirtualMachineRequest request) {
        return Answer.of(() -> show.machine(machines.get(Translate.name(request.getName()))));
    }

    @Override
    public Uni<ListVirtualMachinesResponse> listVirtualMachines(
            ListVirtualMachinesRequest request) {
        return Answer.of(
                () -> {
                    String project = Translate.project(request.getParent());
                    var page =
                            pages.read(
                                    request.getPageSize(),
                                    request.getPageToken(),
                                    request,
                                    (after, limit) ->
                                            machines.list(
                                                    new Wanted(
                                                            project,
                                                            after,
                                                            limit,
                                                            request.getShowDeleted())),
                                    view -> view.machine().name().toString());
                    return ListVirtualMachinesResponse.newBuilder()
                            .addAllVirtualMachines(
                                    page.items().stream().map(show::machine).toList())
                            .setNextPageToken(page.next())
                            .build();
                });
    }

    @Override
    public Uni<Operation> startVirtualMachine(StartVirtualMachineRequest request) {
        return Answer.of(
                () ->
                        begun(
                                machines.start(
                                        Translate.name(request.getName()),
                                        asked(request, request.getRequestId()))));
    }

    @Override
    public Uni<Operation> stopVirtualMachine(StopVirtualMachineRequest request) {
        return Answer.of(
                () ->
                        begun(
                                machines.stop(
                                        Translate.name(request.getName()),
                                        new Work.Stop(
                                                Translate.stopMode(request.getMode()),
                                                request.hasTimeout()
                                                        ? Translate.duration(request.getTimeout())
                                                        : STOP_PATIENCE_DEFAULT),
                                        asked(request, request.getRequestId()))));
    }

    @Override
    public Uni<Operation> restartVirtualMachine(RestartVirtualMachineRequest request) {
        return Answer.of(
                () ->
                        begun(
                                machines.restart(
                                        Translate.name(request.getName()),
                                        new Work.Restart(
                                                Translate.stopMode(request.getMode()),
                                                STOP_PATIENCE_DEFAULT),
                                        asked(request, request.getRequestId()))));
    }

    @Override
    public Uni<Operation> deleteVirtualMachine(DeleteVirtualMachineRequest request) {
        return Answer.of(
                () ->
                        machines.delete(
                                        Translate.name(request.getName()),
                                        new Work.Delete(
                                                request.getForce(),
                                                request.hasRetain()
                                                        ? Translate.duration(request.getRetain())
                                                        : RETAIN_DEFAULT),
                                        request.getEtag().isEmpty()
                                                ? Optional.empty()
                                                : Optional.of(request.getEtag()),
                                        request.getAllowMissing(),
                                        asked(request, request.getRequestId()))
                                .map(this::begun)
                                .orElseGet(
                                        () ->
                                                checked(
                                                        VirtualMachine.newBuilder()
                                                                .setName(request.getName())
                                                                .build())));
    }

    @Override
    public Uni<Operation> undeleteVirtualMachine(UndeleteVirtualMachineRequest request) {
        return Answer.of(
                () ->
                        begun(
                                machines.undelete(
                                        Translate.name(request.getName()),
                                        asked(request, request.getRequestId()))));
    }

    @Override
    public Uni<Operation> migrateVirtualMachine(MigrateVirtualMachineRequest request) {
        return Answer.of(
                () -> {
                    if (request.getMode() == MigrateVirtualMachineRequest.Mode.MODE_COLD) {
                        throw new VmRefused(
                                new MachineRefusal.NotBuilt(
                                        "migration with mode COLD",
                                        "migrate the running VM with mode LIVE; a stopped VM on a"
                                                + " shared path can be started where it is"));
                    }
                    MachineName name = Translate.name(request.getName());
                    Optional<NodeName> target = Translate.node(request.getTargetNode());
                    if (request.getValidateOnly()) {
                        NodeName chosen = migrations.check(name, target);
                        return checked(
                                show.machine(machines.get(name)).toBuilder()
                                        .setNode("nodes/" + chosen)
                                        .build());
                    }
                    return begun(
                            migrations.start(
                                    name,
                                    target,
                                    Math.multiplyExact(request.getBandwidthMibPerSecond(), MIB),
                                    request.hasTimeout()
                                            ? Translate.duration(request.getTimeout())
                                            : MIGRATION_DEFAULT,
                                    asked(request, request.getRequestId())));
                });
    }

    private static Asked asked(Message request, String requestId) {
        return new Asked(
                Caller.current().uri(),
                RequestId.parse(requestId, ErrorDomain.COMPUTE).map(RequestId::toString),
                RequestFingerprint.of(request, "request_id"));
    }

    private Operation begun(String operation) {
        return operations
                .find(OperationName.parse(operation))
                .map(OperationRecord::toProto)
                // Deleted by somebody since: its name is what a repeated request can still be told.
                .orElseGet(() -> Operation.newBuilder().setName(operation).build());
    }

    /** The answer of validate_only: done, without a name (AIP-163). */
    private static Operation checked(VirtualMachine machine) {
        return Operation.newBuilder().setDone(true).setResponse(Any.pack(machine)).build();
    }

    private static VirtualMachine placed(NewMachine machine, Choice choice) {
        var effective = machine.security().effective();
        var shown =
                VirtualMachine.newBuilder()
                        .setName(machine.name().toString())
                        .putAllLabels(machine.labels())
                        .setNode("nodes/" + choice.node());
        shown.getHardwareProfileBuilder()
                .setVcpuCount(machine.hardware().vcpus())
                .setMemoryMib(machine.hardware().memoryMib());
        shown.getStorageProfileBuilder()
                .setImage(machine.image())
                .setStoragePath(choice.storagePath());
        shown.getEffectiveSecurityProfileBuilder()
                .setSecurityType(Translate.proto(effective.type()))
                .setVtpmEnabled(effective.vtpm())
                .setSecureBootEnabled(effective.secureBoot())
                .setVbsCapable(effective.vbs());
        return shown.build();
    }
}
