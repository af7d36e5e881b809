package io.tlvm.agent.config;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.tlvm.agent.api.AgentRooms;
import io.tlvm.agent.cluster.CapabilityReport;
import io.tlvm.agent.cluster.ClusterLink;
import io.tlvm.agent.cluster.GrpcCluster;
import io.tlvm.agent.cluster.JoinState;
import io.tlvm.agent.cluster.Membership;
import io.tlvm.agent.cluster.PlanCheck;
import io.tlvm.agent.firmware.FirmwareImages;
import io.tlvm.agent.hypervisor.qemu.Guardian;
import io.tlvm.agent.hypervisor.qemu.QemuLauncher;
import io.tlvm.agent.hypervisor.qemu.RunAs;
import io.tlvm.agent.image.CatalogImages;
import io.tlvm.agent.image.Disks;
import io.tlvm.agent.image.ImageCache;
import io.tlvm.agent.image.VhdxConversion;
import io.tlvm.agent.keys.KeyRing;
import io.tlvm.agent.keys.NodeKeyset;
import io.tlvm.agent.machine.BackupEquipment;
import io.tlvm.agent.machine.DiskPreparation;
import io.tlvm.agent.machine.Machines;
import io.tlvm.agent.machine.NodeEquipment;
import io.tlvm.agent.machine.NodeEquipment.Limits;
import io.tlvm.agent.machine.StoragePaths;
import io.tlvm.agent.migration.HandOverWitness;
import io.tlvm.agent.migration.Plans;
import io.tlvm.agent.probe.FindingsFile;
import io.tlvm.agent.probe.HostCapabilities;
import io.tlvm.agent.probe.HostProbe;
import io.tlvm.agent.probe.HostUnusable;
import io.tlvm.agent.probe.SearchPath;
import io.tlvm.agent.tpm.SwtpmSetup;
import io.tlvm.agent.transfer.GrpcTransferLink;
import io.tlvm.agent.transfer.Rehearsal;
import io.tlvm.agent.transfer.TransferAdmission;
import io.tlvm.foundation.backup.BackupWriter;
import io.tlvm.foundation.config.TlvmConfig;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.gate.Gates;
import io.tlvm.foundation.identity.SpiffeId;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.ownership.id.NodeName;

import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;

/** Makes the rooms, which know nothing of the container, and starts them in order. */
@Singleton
class Rooms {
    private static final Logger LOG = Logger.getLogger(Rooms.class);
    private static final Duration MANUFACTURE_MAX = Duration.ofSeconds(60);
    private static final Duration QMP_COMMAND_MAX = Duration.ofSeconds(10);

    @Produces
    @Singleton
    NodeName node(AgentConfig config, PkiDirectory pki) {
        NodeName name = new NodeName(config.name());
        if (!(pki.identity().id() instanceof SpiffeId.Node(_, String own))
                || !own.equals(name.value())) {
            throw new IllegalStateException(
                    "tlvm.node.name is "
                            + name
                            + ", but the certificate is of "
                            + pki.identity().id().uri()
                            + ": correct one of them");
        }
        return name;
    }

    @Produces
    @Singleton
    StateDirectories directories(AgentConfig config) throws IOException {
        return StateDirectories.open(config.stateDirectory(), config.runDirectory());
    }

    void close(@Disposes StateDirectories directories) throws IOException {
        directories.close();
    }

    @Produces
    @Singleton
    Guardian guardian(AgentConfig config) {
        return new Guardian(config.guardian().toAbsolutePath());
    }

    @Produces
    @Singleton
    HostCapabilities host(
            AgentConfig config, Guardian guardian, StateDirectories directories, Clock clock)
            throws IOException, InterruptedException {
        boolean root = FileOwner.ofThisProcess().uid() == 0;
        RunAs runAs =
                root
                        ? new RunAs.Ids(config.probeUid(), config.probeUid())
                        : new RunAs.AgentItself();
        try {
            return new HostProbe(
                            SearchPath.of(String.valueOf(System.getenv("PATH"))),
                            new FirmwareImages(FirmwareImages.DEBIAN),
                            new FindingsFile(directories.hostFindings(), clock),
                            new HostProbe.Settings(
                                    guardian, directories.run(), runAs, config.kvmCpuModel()))
                    .probe();
        } catch (HostUnusable unusable) {
            throw new IllegalStateException(
                    "this host cannot run machines: " + unusable.getMessage(), unusable);
        }
    }

    @Produces
    @Singleton
    NodeKeyset keyset(StateDirectories directories, NodeName node) throws IOException {
        return NodeKeyset.loadOrCreate(directories.keyset(), node);
    }

    @Produces
    @Singleton
    KeyRing keys(NodeKeyset keyset) {
        return new KeyRing(keyset);
    }

    @Produces
    @Singleton
    StoragePaths storagePaths(AgentConfig config) {
        return new StoragePaths(config.claimEmptyStoragePaths());
    }

    @Produces
    @Singleton
    NodeEquipment equipment(
            NodeName node,
            AgentConfig config,
            TlvmConfig common,
            StateDirectories directories,
            HostCapabilities host,
            Guardian guardian,
            KeyRing keys,
            PkiDirectory pki,
            StoragePaths storage,
            ChannelFactory channels,
            TrustDomain trustDomain,
            Gates gates,
            Clock clock,
            MeterRegistry meters) {
        SecureRandom random = new SecureRandom();
        Path ekCa =
                config.ekCaDirectory().orElseGet(() -> common.pki().directory().resolve("ek-ca"));
        return new NodeEquipment(
                node,
                directories.journals(),
                directories.run(),
                host,
                new QemuLauncher(guardian, host.qemu(), host.swtpm(), QMP_COMMAND_MAX),
                new SwtpmSetup(ekCa, MANUFACTURE_MAX),
                keys,
                new BackupEquipment(
                        new BackupWriter(new CertificateSigner(pki.keyManager()), random),
                        trustDomain,
                        clock),
                random,
                storage,
                new GrpcTransferLink(channels, trustDomain),
                gates,
                Counter.builder("tlvm.guest.state.permission.drifts")
                                .description(
                                        "Paths of guest state whose owner, mode or links differed")
                                .register(meters)
                        ::increment,
                Limits.STANDARD);
    }

    @Produces
    @Singleton
    Machines machines(NodeEquipment equipment, AgentConfig config) {
        return new Machines(equipment, config.reportDebugPaths());
    }

    void close(@Disposes Machines machines) throws IOException {
        machines.close();
    }

    @Produces
    @Singleton
    DiskPreparation disks(
            NodeEquipment equipment,
            StateDirectories directories,
            ChannelFactory channels,
            AgentConfig config,
            TrustDomain trustDomain) {
        CatalogImages source =
                new CatalogImages(
                        channels,
                        HostPort.parse(config.catalog().address()),
                        trustDomain.service("image-catalog-service"));
        return new DiskPreparation(
                equipment,
                new Disks(new ImageCache(directories.images(), source, VhdxConversion.STANDARD)));
    }

    @Produces
    @Singleton
    ClusterLink cluster(ChannelFactory channels, AgentConfig config, TrustDomain trustDomain) {
        return new GrpcCluster(
                channels,
                HostPort.parse(config.vmService().address()),
                trustDomain.service("vm-service"));
    }

    @Produces
    @Singleton
    Plans plans(PkiDirectory pki, TrustDomain trustDomain, Clock clock) {
        return new Plans(pki.trustManager(), trustDomain, clock);
    }

    @Produces
    @Singleton
    PlanCheck planCheck(NodeName node, Plans plans, ClusterLink link) {
        return new PlanCheck(node, plans, link);
    }

    @Produces
    @Singleton
    TransferAdmission admission(NodeName node, Plans plans, Machines machines) {
        return new TransferAdmission(node, plans, machines);
    }

    @Produces
    @Singleton
    CapabilityReport capabilities(
            HostCapabilities host,
            NodeKeyset keyset,
            PkiDirectory pki,
            AgentConfig config,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        return new CapabilityReport(
                host,
                keyset,
                pki,
                version,
                config.vcpuCount().orElse(host.vcpus()),
                config.memoryMib().orElse(host.memoryBytes() >> 20));
    }

    @Produces
    @Singleton
    JoinState joinState() {
        return new JoinState();
    }

    @Produces
    @Singleton
    AgentRooms agentRooms(
            Machines machines,
            PlanCheck plans,
            DiskPreparation disks,
            CapabilityReport capabilities,
            NodeName node,
            PkiDirectory pki,
            Clock clock) {
        var witness = new HandOverWitness(node, new CertificateSigner(pki.keyManager()), clock);
        return new AgentRooms(machines, plans, disks, capabilities, witness);
    }

    @Produces
    @Singleton
    Membership membership(
            NodeName node,
            AgentConfig config,
            ClusterLink link,
            Machines machines,
            StoragePaths storage,
            CapabilityReport capabilities,
            KeyRing ring,
            JoinState state)
            throws IOException {
        return new Membership(
                node,
                HostPort.parse(config.address()).toString(),
                link,
                machines,
                storage,
                capabilities,
                ring,
                state);
    }

    void close(@Disposes Membership membership) {
        membership.close();
    }

    /** Journals and processes first: what is reported with Join must be what is there. */
    void start(
            @Observes StartupEvent event,
            Machines machines,
            Membership membership,
            HostCapabilities host)
            throws IOException, InterruptedException {
        LOG.infof(
                "host qemu=%s swtpm=%s acceleration=%s cpu=%s users_per_vm=%s",
                host.qemuVersion(),
                host.swtpmVersion(),
                host.acceleration(),
                host.cpuModel(),
                host.userPerVm());
        machines.open();
        membership.start();
        Rehearsal.start();
    }

    void stop(@Observes ShutdownEvent event, Membership membership) {
        membership.close();
    }
}
