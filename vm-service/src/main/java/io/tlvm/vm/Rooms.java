package io.tlvm.vm;

import io.tlvm.foundation.audit.HandOvers;
import io.tlvm.foundation.gate.Gates;
import io.tlvm.foundation.identity.TrustDomain;
import io.tlvm.foundation.operation.OperationHandler;
import io.tlvm.foundation.operation.OperationRoom;
import io.tlvm.foundation.signature.CertificateSigner;
import io.tlvm.foundation.signature.SignatureCheck;
import io.tlvm.foundation.tls.ChannelFactory;
import io.tlvm.foundation.tls.HostPort;
import io.tlvm.foundation.tls.PkiDirectory;
import io.tlvm.vm.agents.AgentRoom;
import io.tlvm.vm.agents.Receipts;
import io.tlvm.vm.audit.AuditChain;
import io.tlvm.vm.audit.AuditWriter;
import io.tlvm.vm.backup.BackupRecords;
import io.tlvm.vm.backup.Backups;
import io.tlvm.vm.backup.Protection;
import io.tlvm.vm.catalog.CatalogImages;
import io.tlvm.vm.failover.Failover;
import io.tlvm.vm.failover.Fencing;
import io.tlvm.vm.keys.RecoveryKeys;
import io.tlvm.vm.keys.WrapRecords;
import io.tlvm.vm.keys.keyset.KeysetVault;
import io.tlvm.vm.machine.CreateSteps;
import io.tlvm.vm.machine.DeleteVerb;
import io.tlvm.vm.machine.ImageCheck;
import io.tlvm.vm.machine.MachineRecords;
import io.tlvm.vm.machine.Machines;
import io.tlvm.vm.machine.Power;
import io.tlvm.vm.machine.PublicForm;
import io.tlvm.vm.machine.RestartVerb;
import io.tlvm.vm.machine.StartVerb;
import io.tlvm.vm.machine.StopVerb;
import io.tlvm.vm.machine.UndeleteVerb;
import io.tlvm.vm.machine.VerbHandler;
import io.tlvm.vm.migration.Measurements;
import io.tlvm.vm.migration.MigrationSteps;
import io.tlvm.vm.migration.Migrations;
import io.tlvm.vm.node.Cluster;
import io.tlvm.vm.node.NodeRecords;
import io.tlvm.vm.ownership.OwnershipDriver;
import io.tlvm.vm.ownership.OwnershipRows;
import io.tlvm.vm.ownership.RowBell;
import io.tlvm.vm.ownership.RowWait;
import io.tlvm.vm.ownership.Settlement;
import io.tlvm.vm.ownership.Settler;

import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

import java.time.Clock;

/** Makes the rooms, which know nothing of the container. */
class Rooms {

    @Produces
    @Singleton
    RowBell bell() {
        return new RowBell();
    }

    @Produces
    @Singleton
    OwnershipDriver driver(OwnershipRows rows, RowBell bell, Clock clock) {
        return new OwnershipDriver(rows, bell, clock);
    }

    @Produces
    @Singleton
    RowWait rowWait(OwnershipRows rows, RowBell bell, Clock clock) {
        return new RowWait(rows, bell, clock);
    }

    @Produces
    @Singleton
    RecoveryKeys recoveryKeys(WrapRecords records, VmConfig config) {
        return new RecoveryKeys(
                registered -> KeysetVault.open(config.keyVault().directory(), registered), records);
    }

    /** Signs plans, receipts and checkpoints. */
    @Produces
    @Singleton
    CertificateSigner signer(PkiDirectory pki) {
        return new CertificateSigner(pki.keyManager());
    }

    @Produces
    @Singleton
    AuditWriter auditWriter(AuditChain chain, CertificateSigner signer, VmConfig config) {
        return new AuditWriter(
                chain,
                signer,
                new AuditWriter.CheckpointRule(
                        config.auditCheckpoint().records(), config.auditCheckpoint().period()));
    }

    @Produces
    @Singleton
    AgentRoom agents(
            ChannelFactory channels,
            TrustDomain trustDomain,
            NodeRecords nodes,
            MachineRecords machines,
            CertificateSigner signer,
            PkiDirectory pki,
            RecoveryKeys keys,
            Clock clock) {
        var handOvers = new HandOvers(new SignatureCheck(pki.trustManager()), trustDomain);
        return new AgentRoom(
                channels,
                trustDomain,
                nodes,
                machines,
                pki,
                signer,
                keys,
                new Receipts(signer, handOvers, clock),
                clock);
    }

    void close(@Disposes AgentRoom agents) {
        agents.close();
    }

    @Produces
    @Singleton
    Settler settler(
            OwnershipRows rows,
            OwnershipDriver driver,
            AgentRoom agents,
            Gates gates,
            RowBell bell,
            VmConfig config,
            Clock clock) {
        var settlement = new Settlement(rows, driver, agents.steps(), gates, clock);
        return new Settler(rows, settlement, bell, clock, config.settlePeriod());
    }

    @Produces
    @Singleton
    ImageCheck images(ChannelFactory channels, TrustDomain trustDomain, CatalogConfig config) {
        return new ImageCheck(
                new CatalogImages(channels, trustDomain, HostPort.parse(config.address())));
    }

    @Produces
    @Singleton
    Machines machines(
            MachineRecords records,
            ImageCheck images,
            VmConfig config,
            PublicForm form,
            OperationRoom operations,
            Clock clock) {
        var userIds = new Machines.UserIds(config.userId().first(), config.userId().count());
        return new Machines(records, images, userIds, form, operations::wake, clock);
    }

    @Produces
    @Singleton
    Backups backups(Machines machines, BackupRecords records, RecoveryKeys keys, AgentRoom agents) {
        return new Backups(machines, records, keys, agents.backups());
    }

    @Produces
    @Singleton
    Protection protection(VmConfig config) {
        return new Protection(config.backup().ageMax());
    }

    @Produces
    @Singleton
    Migrations migrations(Machines machines, MachineRecords records, Clock clock) {
        return new Migrations(machines, records, clock);
    }

    @Produces
    @Singleton
    Cluster cluster(
            NodeRecords nodes,
            OwnershipRows rows,
            OwnershipDriver driver,
            Settler settler,
            MachineRecords machines,
            RecoveryKeys keys,
            Clock clock) {
        return new Cluster(nodes, rows, driver, settler, machines, keys, clock);
    }

    @Produces
    @Singleton
    Fencing fencing(NodeRecords nodes) {
        return new Fencing(nodes);
    }

    @Produces
    @Singleton
    Failover failover(
            OwnershipRows rows,
            OwnershipDriver driver,
            Settler settler,
            NodeRecords nodes,
            MachineRecords machines,
            VmConfig config,
            Clock clock) {
        return new Failover(rows, driver, settler, nodes, machines, clock, config.settlePeriod());
    }

    @Produces
    @Singleton
    Power power(OwnershipDriver driver, Settler settler, RowWait wait, Clock clock) {
        return new Power(driver, settler, wait, clock);
    }

    @Produces
    @Singleton
    OperationHandler create(
            MachineRecords records,
            ImageCheck images,
            AgentRoom agents,
            OwnershipDriver driver,
            Settler settler,
            RowWait wait,
            Power power,
            PublicForm form,
            Clock clock) {
        var steps = new CreateSteps(records, images, agents, driver, settler, wait, power, clock);
        return new VerbHandler(steps, records, form, clock);
    }

    @Produces
    @Singleton
    OperationHandler start(Power power, MachineRecords records, PublicForm form, Clock clock) {
        return new VerbHandler(new StartVerb(power), records, form, clock);
    }

    @Produces
    @Singleton
    OperationHandler stop(Power power, MachineRecords records, PublicForm form, Clock clock) {
        return new VerbHandler(new StopVerb(power), records, form, clock);
    }

    @Produces
    @Singleton
    OperationHandler restart(
            Power power,
            OwnershipDriver driver,
            MachineRecords records,
            PublicForm form,
            Clock clock) {
        return new VerbHandler(new RestartVerb(power, driver), records, form, clock);
    }

    @Produces
    @Singleton
    OperationHandler delete(
            MachineRecords records,
            OwnershipRows rows,
            OwnershipDriver driver,
            RowWait wait,
            Power power,
            PublicForm form,
            Clock clock) {
        var verb = new DeleteVerb(records, rows, driver, wait, power, clock);
        return new VerbHandler(verb, records, form, clock);
    }

    @Produces
    @Singleton
    OperationHandler undelete(
            OwnershipDriver driver, MachineRecords records, PublicForm form, Clock clock) {
        return new VerbHandler(new UndeleteVerb(driver), records, form, clock);
    }

    @Produces
    @Singleton
    OperationHandler migrate(
            OwnershipDriver driver,
            Measurements measurements,
            AgentRoom agents,
            RowBell bell,
            MachineRecords records,
            PublicForm form,
            Clock clock) {
        var steps = new MigrationSteps(driver, measurements, agents, bell, clock);
        return new VerbHandler(steps, records, form, clock);
    }
}
