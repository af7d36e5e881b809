package io.tlvm.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.tlvm.agent.firmware.FirmwareImages;
import io.tlvm.agent.hypervisor.qemu.BoundedWait;
import io.tlvm.agent.hypervisor.qemu.Guardian;
import io.tlvm.agent.hypervisor.qemu.QemuLauncher;
import io.tlvm.agent.hypervisor.qemu.RunAs;
import io.tlvm.agent.keys.KeyRing;
import io.tlvm.agent.keys.NodeKeyset;
import io.tlvm.agent.machine.NodeEquipment.Limits;
import io.tlvm.agent.migration.Plans;
import io.tlvm.agent.migration.VerifiedPlan;
import io.tlvm.agent.probe.FindingsFile;
import io.tlvm.agent.probe.HostCapabilities;
import io.tlvm.agent.probe.HostProbe;
import io.tlvm.agent.probe.SearchPath;
import io.tlvm.agent.tpm.EkAuthority;
import io.tlvm.agent.tpm.SwtpmSetup;
import io.tlvm.agent.transfer.GrpcTransferLink;
import io.tlvm.agent.transfer.TransferAdmission;
import io.tlvm.agent.transfer.TransferSession;
import io.tlvm.foundation.backup.BackupWriter;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.gate.Gates;
import io.tlvm.foundation.identity.PeerIdentity;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.foundation.tls.TestPki;
import io.tlvm.node.v1.Command;
import io.tlvm.node.v1.DebugPaths;
import io.tlvm.node.v1.GuestStateTransferServiceGrpc;
import io.tlvm.node.v1.MigrationPlan;
import io.tlvm.node.v1.SignedMigrationPlan;
import io.tlvm.node.v1.StorageLocation;
import io.tlvm.node.v1.TransferRequest;
import io.tlvm.node.v1.TransferResponse;
import io.tlvm.ownership.id.NodeName;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

import javax.net.ssl.SSLSession;

/**
 * A cluster of agents without Quarkus: real QEMU, swtpm, guardian, TLS; one shared storage path;
 * vm-service is the test.
 */
final class AgentLab implements AutoCloseable {
    static final Duration LONG = Duration.ofSeconds(30);
    private static final TrustDomain DOMAIN = new TrustDomain("tlvm.test");
    private static final int PROBE_UID = 64712;
    private static final Limits LIMITS =
            new Limits(
                    Limits.STANDARD.launch(),
                    Limits.STANDARD.turn(),
                    Limits.STANDARD.ending(),
                    Limits.STANDARD.migration(),
                    Duration.ofMillis(200));

    final Path root;
    final StorageLocation storage;
    private final TestPki pki = new TestPki("agent lab");
    private final Guardian guardian;
    private final HostCapabilities host;
    private final List<Node> nodes = new ArrayList<>();
    final AtomicLong drifts = new AtomicLong();

    AgentLab() throws Exception {
        root = Files.createTempDirectory(Path.of("/tmp"), "tlvm-al-");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        Path shared = passable(root.resolve("s"));
        storage =
                StorageLocation.newBuilder()
                        .setStoragePath("storagePaths/lab")
                        .setDirectory(shared.toString())
                        .build();
        Files.writeString(shared.resolve(StoragePaths.MARKER), storage.getStoragePath());
        Path binary = root.resolve("guardian");
        Process build =
                new ProcessBuilder("src/main/c/build", binary.toString()).inheritIO().start();
        assertThat(build.waitFor(60, TimeUnit.SECONDS)).isTrue();
        guardian = new Guardian(binary);
        RunAs runAs = isRoot() ? new RunAs.Ids(PROBE_UID, PROBE_UID) : new RunAs.AgentItself();
        host =
                new HostProbe(
                                SearchPath.of(System.getenv("PATH")),
                                new FirmwareImages(FirmwareImages.DEBIAN),
                                new FindingsFile(root.resolve("host"), Clock.systemUTC()),
                                new HostProbe.Settings(
                                        guardian, passable(root.resolve("p")), runAs, "Nehalem"))
                        .probe();
        pki.issue(root.resolve("pki/vm-service"), DOMAIN.service("vm-service").uri());
        pki.issue(root.resolve("pki/stranger"), DOMAIN.user("stranger").uri());
    }

    static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    static Path passable(Path directory) throws IOException {
        Files.createDirectories(directory);
        return Files.setPosixFilePermissions(
                directory, PosixFilePermissions.fromString("rwx--x--x"));
    }

    Node node(String name) throws Exception {
        return node(name, Gates.OPEN);
    }

    Node node(String name, Gates gates) throws Exception {
        Node node = new Node(name, gates);
        nodes.add(node);
        return node;
    }

    /** One agent. */
    final class Node implements AutoCloseable {
        final NodeName name;
        final NodeEquipment equipment;
        final Plans plans;
        private final Path directory;
        private final PkiDirectory identity;
        private final ChannelFactory channels;
        private Machines machines;
        private Server server;

        Node(String node, Gates gates) throws Exception {
            name = new NodeName(node);
            directory = passable(root.resolve(node));
            identity =
                    PkiDirectory.open(pki.issue(directory.resolve("pki"), DOMAIN.node(node).uri()));
            channels = new ChannelFactory(identity);
            plans = new Plans(identity.trustManager(), DOMAIN, Clock.systemUTC());
            Files.createDirectories(directory.resolve("journals"));
            equipment =
                    new NodeEquipment(
                            name,
                            directory.resolve("journals"),
                            passable(directory.resolve("r")),
                            host,
                            new QemuLauncher(
                                    guardian, host.qemu(), host.swtpm(), Duration.ofSeconds(10)),
                            new SwtpmSetup(EkAuthority.in(directory), Duration.ofSeconds(60)),
                            new KeyRing(
                                    NodeKeyset.loadOrCreate(
                                            directory.resolve("node.keyset"), name)),
                            new BackupEquipment(
                                    new BackupWriter(
                                            new CertificateSigner(identity.keyManager()),
                                            new SecureRandom()),
                                    DOMAIN,
                                    Clock.systemUTC()),
                            new SecureRandom(),
                            new StoragePaths(false),
                            new GrpcTransferLink(channels, DOMAIN),
                            gates,
                            drifts::incrementAndGet,
                            LIMITS);
            open();
        }

        private void open() throws Exception {
            machines = new Machines(equipment, true);
            machines.open();
            server =
                    NettyServerBuilder.forPort(0)
                            .sslContext(
                                    GrpcSslContexts.configure(
                                                    SslContextBuilder.forServer(
                                                                    identity.keyManager())
                                                            .trustManager(identity.trustManager())
                                                            .clientAuth(ClientAuth.REQUIRE)
                                                            .protocols("TLSv1.3"),
                                                    SslProvider.JDK)
                                            .build())
                            .permitKeepAliveTime(5, TimeUnit.SECONDS)
                            .intercept(new CallerName())
                            .addService(new Transfers(new TransferAdmission(name, plans, machines)))
                            .build()
                            .start();
        }

        Machines machines() {
            return machines;
        }

        PkiDirectory identity() {
            return identity;
        }

        String address() {
            return "127.0.0.1:" + server.getPort();
        }

        MachineDriver driver(LabMachine machine) throws InterruptedException {
            return machines.driver(machine.vm);
        }

        Answer obey(Order order) throws InterruptedException {
            return machines.driver(order.vm()).obey(order);
        }

        DebugPaths paths(LabMachine machine) throws InterruptedException {
            return driver(machine).report().getDebug();
        }

        /**
         * The agent's process ends and another one starts: everything in memory is gone, the guests
         * run on.
         */
        void restart() throws Exception {
            server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
            machines.close();
            open();
        }

        /** The agent's process ends for good; what runs is for the test to end. */
        void shutDown() throws Exception {
            nodes.remove(this);
            server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
            machines.close();
            channels.close();
            identity.close();
        }

        @Override
        public void close() throws Exception {
            for (MachineDriver driver : machines.all()) {
                long pid = driver.report().getDebug().getGuardianPid();
                if (pid != 0) {
                    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
                    eventually(() -> ProcessHandle.of(pid).isEmpty());
                }
            }
            server.shutdownNow();
            machines.close();
            channels.close();
            identity.close();
        }
    }

    /** A plan as vm-service signs it. */
    VerifiedPlan plan(Node reader, MigrationPlan plan) throws Exception {
        return reader.plans.verify(signed(plan, "vm-service"));
    }

    SignedMigrationPlan signed(MigrationPlan plan, String by) throws Exception {
        Path files = root.resolve("pki").resolve(by);
        String pem = Files.readString(files.resolve("tls.key"));
        byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(
                KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der)));
        signature.update(plan.toByteArray());
        try (var in = Files.newInputStream(files.resolve("tls.crt"))) {
            return SignedMigrationPlan.newBuilder()
                    .setPlan(plan.toByteString())
                    .setSignature(ByteString.copyFrom(signature.sign()))
                    .addCertificateChain(
                            ByteString.copyFrom(
                                    CertificateFactory.getInstance("X.509")
                                            .generateCertificate(in)
                                            .getEncoded()))
                    .build();
        }
    }

    static MigrationPlan.Builder planOf(
            LabMachine machine, Command attempt, long sourceEpoch, Node source, Node target) {
        return MigrationPlan.newBuilder()
                .setCommand(attempt)
                .setSourceEpoch(sourceEpoch)
                .setSourceNode(source.name.value())
                .setTargetNode(target.name.value())
                .setTargetAddress(target.address())
                .setSourceDir(machine.directory().value())
                .setDeadline(
                        Timestamp.newBuilder()
                                .setSeconds(Instant.now().plusSeconds(60).getEpochSecond()));
    }

    FileOwner owner(LabMachine machine) throws IOException {
        return isRoot() ? new FileOwner(machine.uid(), machine.uid()) : FileOwner.ofThisProcess();
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    static void eventually(Condition condition) throws Exception {
        if (BoundedWait.<Boolean, Exception>until(
                        LONG,
                        Duration.ofMillis(20),
                        () -> condition.holds() ? Optional.of(true) : Optional.empty())
                .isEmpty()) {
            throw new TimeoutException("not within " + LONG);
        }
    }

    @Override
    public void close() throws Exception {
        for (Node node : nodes) {
            node.close();
        }
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path directory, IOException failed)
                            throws IOException {
                        Files.delete(directory);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    private static final Context.Key<String> CALLER = Context.key("lab-caller");

    /** What foundation's interceptor does, as far as a transfer needs it. */
    private static final class CallerName implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
            try {
                String name =
                        PeerIdentity.of(
                                        (java.security.cert.X509Certificate)
                                                session.getPeerCertificates()[0],
                                        Instant.now())
                                .id()
                                .name();
                return Contexts.interceptCall(
                        Context.current().withValue(CALLER, name), call, headers, next);
            } catch (javax.net.ssl.SSLPeerUnverifiedException anonymous) {
                call.close(Status.UNAUTHENTICATED, new Metadata());
                return new ServerCall.Listener<>() {};
            }
        }
    }

    private static final class Transfers
            extends GuestStateTransferServiceGrpc.GuestStateTransferServiceImplBase {
        private final TransferAdmission admission;

        Transfers(TransferAdmission admission) {
            this.admission = admission;
        }

        @Override
        public StreamObserver<TransferRequest> transfer(
                StreamObserver<TransferResponse> responses) {
            return TransferSession.serve(
                    () -> admission,
                    CALLER.get(),
                    refused ->
                            Status.FAILED_PRECONDITION
                                    .withDescription(refused.getMessage())
                                    .asRuntimeException(),
                    (ServerCallStreamObserver<TransferResponse>) responses);
        }
    }
}
