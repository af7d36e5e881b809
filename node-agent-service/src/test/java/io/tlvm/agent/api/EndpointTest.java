package io.tlvm.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.rpc.Code;

import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;

import io.grpc.ManagedChannel;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.tlvm.agent.cluster.JoinState;
import io.tlvm.agent.world.AgentEnvironment;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.foundation.served.MalformedRequests;
import io.tlvm.foundation.served.ServedRpcs;
import io.tlvm.foundation.served.UncheckedClient;
import io.tlvm.node.v1.Command;
import io.tlvm.node.v1.CreateStateRequest;
import io.tlvm.node.v1.CreateStateResponse;
import io.tlvm.node.v1.DiskSpec;
import io.tlvm.node.v1.GetCapabilitiesRequest;
import io.tlvm.node.v1.GetMachineRequest;
import io.tlvm.node.v1.IgvmAgentServiceGrpc;
import io.tlvm.node.v1.IgvmAgentServiceGrpc.IgvmAgentServiceBlockingStub;
import io.tlvm.node.v1.MachineSpec;
import io.tlvm.node.v1.MachineState;
import io.tlvm.node.v1.PrepareDisksRequest;
import io.tlvm.node.v1.PurgeRequest;
import io.tlvm.node.v1.RunMode;
import io.tlvm.node.v1.RunRequest;
import io.tlvm.node.v1.RunResponse;
import io.tlvm.node.v1.StopMode;
import io.tlvm.node.v1.StopRequest;
import io.tlvm.node.v1.StorageLocation;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.type.v1.SecurityType;

import jakarta.inject.Inject;

import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** The agent as its callers meet it: over TLS, with their certificates, on real QEMU and swtpm. */
@QuarkusTest
@QuarkusTestResource(AgentEnvironment.class)
class EndpointTest {
    private static final int UID = 64721;
    private static final Duration JOIN_MAX = Duration.ofSeconds(30);

    @Inject JoinState join;

    @Inject
    @ConfigProperty(name = "test.directory")
    Path directory;

    @Inject
    @ConfigProperty(name = "quarkus.grpc.server.test-port")
    int port;

    private final List<ManagedChannel> open = new ArrayList<>();

    @BeforeEach
    void joined() {
        Awaitility.await().atMost(JOIN_MAX).until(join::isJoined);
    }

    @AfterEach
    void close() {
        open.forEach(ManagedChannel::shutdownNow);
    }

    private ManagedChannel as(String identity) {
        try {
            ManagedChannel channel =
                    UncheckedClient.to(
                            port,
                            Optional.of(identity)
                                    .filter(name -> !name.isEmpty())
                                    .map(directory.resolve("pki")::resolve));
            open.add(channel);
            return channel;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private IgvmAgentServiceBlockingStub agent(String identity) {
        return IgvmAgentServiceGrpc.newBlockingStub(as(identity))
                .withDeadlineAfter(90, TimeUnit.SECONDS);
    }

    private static RefusalView refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        Throwable thrown = catchThrowable(call);
        assertThat(thrown).as("a refusal").isNotNull();
        return RefusalView.of(thrown);
    }

    @Test
    void reflection_tells_what_is_served() {
        assertThat(ServedRpcs.services(as("vm-service")))
                .contains("grpc.health.v1.Health")
                .filteredOn(service -> !service.startsWith("grpc."))
                .containsExactlyInAnyOrder(
                        "tlvm.node.v1.IgvmAgentService", "tlvm.node.v1.GuestStateTransferService");
    }

    @Test
    void every_rpc_refuses_nonsense_and_names_every_field() {
        var nonsense =
                new MalformedRequests(
                        List.of(as("vm-service"), as("node-b")),
                        Set.of("tlvm.node.v1.GetCapabilitiesRequest"));
        assertThat(nonsense.complaints()).isEmpty();
    }

    @Test
    void health_answers_whoever_has_a_certificate_of_the_cluster() {
        for (String caller : List.of("vm-service", "node-b", "alice")) {
            assertThat(
                            HealthGrpc.newBlockingStub(as(caller))
                                    .check(
                                            HealthCheckRequest.newBuilder()
                                                    .setService("tlvm.node.v1.IgvmAgentService")
                                                    .build())
                                    .getStatus())
                    .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "expired", "foreign", "other-domain", "two-names"})
    void a_caller_without_a_valid_certificate_of_this_trust_domain_is_not_heard(String identity) {
        RefusalView refusal =
                refused(
                        () ->
                                agent(identity)
                                        .getCapabilities(
                                                GetCapabilitiesRequest.getDefaultInstance()));
        assertThat(refusal.code()).as(refusal.message()).isEqualTo(Code.UNAUTHENTICATED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"alice", "node-a", "node-b"})
    void nobody_but_vm_service_commands_machines(String identity) {
        assertThat(
                        refused(
                                        () ->
                                                agent(identity)
                                                        .getCapabilities(
                                                                GetCapabilitiesRequest
                                                                        .getDefaultInstance()))
                                .code())
                .isEqualTo(Code.PERMISSION_DENIED);
    }

    @Test
    void a_machine_is_made_run_stopped_and_purged_and_a_repeated_command_answers_the_same() {
        var agent = agent("vm-service");
        String vm = UUID.randomUUID().toString();
        MachineSpec spec = spec();
        Command create = command(vm, 1, 1);
        var unused =
                agent.prepareDisks(
                        PrepareDisksRequest.newBuilder().setCommand(create).setSpec(spec).build());
        var make = CreateStateRequest.newBuilder().setCommand(create).setSpec(spec).build();

        CreateStateResponse made = agent.createState(make);
        assertThat(made.getStateRef()).startsWith("g1-");
        assertThat(made.getEkFingerprint()).startsWith("sha256:");
        assertThat(agent.createState(make)).isEqualTo(made);

        RunRequest.Builder run =
                RunRequest.newBuilder()
                        .setCommand(command(vm, 2, 2))
                        .setMode(RunMode.RUN_MODE_COLD)
                        .setStateRef(made.getStateRef())
                        .setSpec(spec);
        assertThat(agent.run(run.setEkFingerprint("sha256:" + "0".repeat(64)).build()))
                .matches(RunResponse::hasStateRefused, "another TPM is refused");
        run.setCommand(command(vm, 3, 3)).setEkFingerprint(made.getEkFingerprint());
        assertThat(agent.run(run.build()).hasActivated()).isTrue();
        assertThat(agent.run(run.build()).hasActivated()).isTrue();
        assertThat(state(vm)).isEqualTo(MachineState.MACHINE_STATE_RUNNING);

        RefusalView stale = refused(() -> agent.createState(make));
        assertThat(stale.reason()).isEqualTo(ErrorReason.ERROR_REASON_STALE_COMMAND);
        assertThat(stale.metadata()).containsEntry("vm", vm);

        assertThat(
                        agent.stop(
                                        StopRequest.newBuilder()
                                                .setCommand(command(vm, 3, 4))
                                                .setMode(StopMode.STOP_MODE_FORCED)
                                                .setSpec(spec)
                                                .build())
                                .getExited())
                .isTrue();
        assertThat(agent.run(run.setCommand(command(vm, 3, 5)).build()).hasExited())
                .as("a grant is good for one start")
                .isTrue();
        var gone =
                agent.purge(
                        PurgeRequest.newBuilder()
                                .setCommand(command(vm, 4, 6))
                                .setStorage(spec.getStorage())
                                .build());
        assertThat(gone).isNotNull();
        assertThat(directory.resolve("s").resolve(vm).resolve(made.getStateRef())).doesNotExist();
    }

    @Test
    void a_machine_that_nobody_knows_is_not_found() {
        assertThat(refused(() -> state(UUID.randomUUID().toString())).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_VM_NOT_FOUND);
    }

    @Test
    void a_storage_path_without_its_marker_is_not_touched() {
        String vm = UUID.randomUUID().toString();
        MachineSpec elsewhere =
                spec().toBuilder()
                        .setStorage(
                                StorageLocation.newBuilder()
                                        .setStoragePath("storagePaths/lab")
                                        .setDirectory(directory.resolve("nowhere").toString()))
                        .build();
        RefusalView refusal =
                refused(
                        () ->
                                agent("vm-service")
                                        .createState(
                                                CreateStateRequest.newBuilder()
                                                        .setCommand(command(vm, 1, 1))
                                                        .setSpec(elsewhere)
                                                        .build()));
        assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_HOST_NOT_READY);
        assertThat(refusal.metadata()).containsEntry("storagePath", "storagePaths/lab");
        assertThat(directory.resolve("nowhere")).doesNotExist();
    }

    private MachineState state(String vm) {
        return agent("vm-service")
                .getMachine(GetMachineRequest.newBuilder().setVmUid(vm).build())
                .getReport()
                .getState();
    }

    private static Command command(String vm, long epoch, long version) {
        return Command.newBuilder()
                .setVmUid(vm)
                .setEpoch(epoch)
                .setOpId(new UUID(0, epoch).toString())
                .setRowVersion(version)
                .build();
    }

    private MachineSpec spec() {
        return MachineSpec.newBuilder()
                .setDisplayName("lab")
                .setVcpuCount(1)
                .setMemoryMib(384)
                .setSecurityType(SecurityType.SECURITY_TYPE_TRUSTED_LAUNCH)
                .setSecureBoot(true)
                .setVtpm(true)
                .setStorage(
                        StorageLocation.newBuilder()
                                .setStoragePath("storagePaths/lab")
                                .setDirectory(directory.resolve("s").toString()))
                .addDisks(
                        DiskSpec.newBuilder()
                                .setDisk("os")
                                .setDiskRef("os.1")
                                .setSizeBytes(4 << 20))
                .setMacAddress("52:54:00:12:34:57")
                .setRunAsUid(UID)
                .build();
    }
}
