package io.tlvm.vm.world;

import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.Operation;
import com.google.longrunning.OperationsGrpc;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;

import io.grpc.ManagedChannel;
import io.tlvm.compute.v1.CreateStoragePathRequest;
import io.tlvm.compute.v1.CreateVirtualMachineRequest;
import io.tlvm.compute.v1.GetVirtualMachineRequest;
import io.tlvm.compute.v1.MigrateVirtualMachineRequest;
import io.tlvm.compute.v1.Migration;
import io.tlvm.compute.v1.StoragePath;
import io.tlvm.compute.v1.StoragePathServiceGrpc;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.compute.v1.VirtualMachineOperationMetadata;
import io.tlvm.compute.v1.VirtualMachineServiceGrpc;
import io.tlvm.compute.v1.VirtualMachineServiceGrpc.VirtualMachineServiceBlockingStub;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.node.v1.MigrationPlan;
import io.tlvm.node.v1.SignedMigrationPlan;
import io.tlvm.ownership.id.OperationId;

import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.ConfigProvider;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Agents, a catalog and clients around the vm-service under test. Each test class has nodes and a
 * path of its own.
 */
public final class TestCluster implements AutoCloseable {
    private static final Duration OPERATION_MAX = Duration.ofSeconds(60);

    private final Path directory;
    private final int port;
    private final TlsServer catalog;
    private final List<TestAgent> agents = new CopyOnWriteArrayList<>();
    private final List<ChannelFactory> factories = new ArrayList<>();
    private final List<String> twice = new CopyOnWriteArrayList<>();
    private final String storagePath;
    public final TestAgent first;
    public final TestAgent second;
    public final VirtualMachineServiceBlockingStub vms;
    public final OperationsGrpc.OperationsBlockingStub operations;

    /** Two agents with these names, which must have certificates. */
    public TestCluster(String first, String second) throws IOException {
        var config = ConfigProvider.getConfig();
        directory = Path.of(config.getValue("test.directory", String.class));
        port = config.getValue("quarkus.grpc.server.test-port", Integer.class);
        catalog =
                new TlsServer(
                        PkiDirectory.open(directory.resolve("catalog")),
                        HostPort.parse(config.getValue("tlvm.catalog.address", String.class))
                                .port(),
                        new TestCatalog());
        storagePath = "storagePaths/of-" + first;
        StoragePathServiceGrpc.newBlockingStub(as("admin"))
                .createStoragePath(
                        CreateStoragePathRequest.newBuilder()
                                .setStoragePathId("of-" + first)
                                .setStoragePath(
                                        StoragePath.newBuilder()
                                                .setKind(StoragePath.Kind.KIND_SHARED)
                                                .setDirectory("/srv/of-" + first))
                                .build());
        this.first = agent(first);
        this.second = agent(second);
        vms = VirtualMachineServiceGrpc.newBlockingStub(as("alice"));
        operations = OperationsGrpc.newBlockingStub(as("alice"));
    }

    /** One more node on the same storage path. */
    public TestAgent join(String name) {
        return agent(name);
    }

    private TestAgent agent(String name) {
        var agent = new TestAgent(name, this, directory, storagePath);
        agents.add(agent);
        return agent;
    }

    /** Where the vm-service under test listens. */
    public int port() {
        return port;
    }

    public String storagePath() {
        return storagePath;
    }

    /** A channel with the certificate in this directory of the test's PKI. */
    public ManagedChannel as(String identity) {
        var factory = new ChannelFactory(PkiDirectory.open(directory.resolve(identity)));
        factories.add(factory);
        return factory.channel(
                new HostPort("127.0.0.1", port),
                new TrustDomain("tlvm.test").service("vm-service"));
    }

    public Path directory() {
        return directory;
    }

    /** A request that creates a small Trusted launch VM on this cluster's nodes. */
    public CreateVirtualMachineRequest.Builder create(String id) {
        var request =
                CreateVirtualMachineRequest.newBuilder()
                        .setParent("projects/default")
                        .setVirtualMachineId(id);
        request.getVirtualMachineBuilder()
                .getHardwareProfileBuilder()
                .setVcpuCount(1)
                .setMemoryMib(512);
        request.getVirtualMachineBuilder()
                .getStorageProfileBuilder()
                .setImage("projects/default/images/good")
                .setStoragePath(storagePath);
        return request;
    }

    /** A VM that runs on the first node. */
    public VirtualMachine running(String id) {
        var request = create(id);
        request.getVirtualMachineBuilder()
                .getPlacementPolicyBuilder()
                .setNode("nodes/" + first.name());
        return succeeded(vms.createVirtualMachine(request.build()));
    }

    public Operation migrate(String id) {
        return vms.migrateVirtualMachine(
                MigrateVirtualMachineRequest.newBuilder()
                        .setName(name(id))
                        .setTargetNode("nodes/" + second.name())
                        .build());
    }

    public static String name(String id) {
        return "projects/default/virtualMachines/" + id;
    }

    public VirtualMachine get(String id) {
        return vms.getVirtualMachine(
                GetVirtualMachineRequest.newBuilder().setName(name(id)).build());
    }

    public Operation ended(Operation operation) {
        return Awaitility.await()
                .atMost(OPERATION_MAX)
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () ->
                                operations.getOperation(
                                        GetOperationRequest.newBuilder()
                                                .setName(operation.getName())
                                                .build()),
                        Operation::getDone);
    }

    public VirtualMachine succeeded(Operation operation) {
        Operation end = ended(operation);
        if (end.hasError()) {
            throw new AssertionError("the operation failed: " + end.getError());
        }
        return unpack(end.getResponse(), VirtualMachine.class);
    }

    public RefusalView failed(Operation operation) {
        Operation end = ended(operation);
        if (!end.hasError()) {
            throw new AssertionError("the operation succeeded");
        }
        return RefusalView.of(end.getError());
    }

    public static Migration migration(Operation end) {
        return unpack(end.getMetadata(), VirtualMachineOperationMetadata.class).getMigration();
    }

    private static <T extends Message> T unpack(com.google.protobuf.Any any, Class<T> type) {
        try {
            return any.unpack(type);
        } catch (InvalidProtocolBufferException other) {
            throw new AssertionError(other);
        }
    }

    /** The oracle: it looks at the machines, not at the control plane. */
    void check(String vm) {
        long running = agents.stream().filter(agent -> agent.runs(vm)).count();
        if (running > 1) {
            twice.add(vm);
        }
    }

    public List<String> ranTwice() {
        return twice;
    }

    void loadElsewhere(ScriptedMachines source, String vm, OperationId op) {
        agents.stream()
                .map(TestAgent::machines)
                .filter(machines -> machines != source)
                .forEach(machines -> machines.load(vm, op));
    }

    byte[] keyOf(String node, String vm, String stateRef) {
        return agents.stream()
                .filter(agent -> agent.name().equals(node))
                .findFirst()
                .orElseThrow()
                .keys()
                .of(vm, stateRef);
    }

    static MigrationPlan verified(SignedMigrationPlan signed, PkiDirectory pki) {
        try {
            var factory = CertificateFactory.getInstance("X.509");
            X509Certificate leaf =
                    (X509Certificate)
                            factory.generateCertificate(
                                    new ByteArrayInputStream(
                                            signed.getCertificateChain(0).toByteArray()));
            leaf.verify(pki.trustManager().getAcceptedIssuers()[0].getPublicKey());
            var signature = Signature.getInstance("SHA256withECDSA");
            signature.initVerify(leaf.getPublicKey());
            signature.update(signed.getPlan().toByteArray());
            if (!signature.verify(signed.getSignature().toByteArray())) {
                throw new AssertionError("the plan's signature is wrong");
            }
            return MigrationPlan.parseFrom(signed.getPlan());
        } catch (GeneralSecurityException | InvalidProtocolBufferException wrong) {
            throw new AssertionError(wrong);
        }
    }

    static String sha256(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (GeneralSecurityException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    @Override
    public void close() {
        agents.forEach(TestAgent::close);
        factories.forEach(ChannelFactory::close);
        catalog.close();
    }
}
