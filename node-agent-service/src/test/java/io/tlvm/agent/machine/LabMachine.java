package io.tlvm.agent.machine;

import com.google.protobuf.ByteString;

import io.tlvm.agent.machine.AgentLab.Node;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.foundation.keyset.ContextInfo;
import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.node.v1.Command;
import io.tlvm.node.v1.DiskSpec;
import io.tlvm.node.v1.MachineSpec;
import io.tlvm.node.v1.MigrationPlan;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Phase.Mode;
import io.tlvm.ownership.row.Phase.StopMode;
import io.tlvm.type.v1.SecurityType;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * A machine as its row decides about it: every call is one compare-and-swap and the command that
 * follows.
 */
final class LabMachine {
    private static final int UID = 64711;

    final VmUid vm = VmUid.of(UUID.randomUUID());
    private final AgentLab lab;
    private final MachineSpec spec;
    private long version;
    private long epoch;
    private StateRef directory = new StateRef("g0-00000000");
    private OperationId op = operation();

    LabMachine(AgentLab lab) throws Exception {
        this.lab = lab;
        spec =
                MachineSpec.newBuilder()
                        .setDisplayName("lab")
                        .setVcpuCount(1)
                        .setMemoryMib(384)
                        .setSecurityType(SecurityType.SECURITY_TYPE_TRUSTED_LAUNCH)
                        .setSecureBoot(true)
                        .setVtpm(true)
                        .setStorage(lab.storage)
                        .addDisks(
                                DiskSpec.newBuilder()
                                        .setDisk("os")
                                        .setDiskRef("os.1")
                                        .setSizeBytes(4 << 20))
                        .setMacAddress("52:54:00:12:34:56")
                        .setRunAsUid(UID)
                        .build();
        Path disks = AgentLab.passable(home().resolve("disks"));
        AgentLab.passable(home());
        try (RandomAccessFile disk = new RandomAccessFile(disks.resolve("os.1").toFile(), "rw")) {
            disk.setLength(4 << 20);
        }
        lab.owner(this).take(disks.resolve("os.1"), "rw-------");
    }

    static OperationId operation() {
        return new OperationId(UUID.randomUUID().toString());
    }

    int uid() {
        return UID;
    }

    Path home() {
        return Path.of(lab.storage.getDirectory(), vm.value());
    }

    StateRef directory() {
        return directory;
    }

    Path files() {
        return home().resolve(directory.value());
    }

    long epoch() {
        return epoch;
    }

    RowVersion next() {
        return new RowVersion(++version);
    }

    RowVersion now() {
        return new RowVersion(version);
    }

    Answer.Created create(Node node) throws Exception {
        op = operation();
        epoch++;
        Answer.Created made = (Answer.Created) createAgain(node, next());
        directory = made.directory();
        return made;
    }

    Answer createAgain(Node node, RowVersion at) throws Exception {
        return node.obey(
                Order.of(
                        vm,
                        new io.tlvm.ownership.journal.Command.Create(at, new Epoch(epoch), op),
                        spec));
    }

    Answer start(Node node) throws Exception {
        op = operation();
        epoch++;
        return startAgain(node, next());
    }

    Answer startAgain(Node node, RowVersion at) throws Exception {
        return run(node, at, Mode.COLD);
    }

    private Answer run(Node node, RowVersion at, Mode mode) throws Exception {
        return node.obey(
                Order.of(
                        vm,
                        new io.tlvm.ownership.journal.Command.Run(
                                at, new Epoch(epoch), op, mode, directory),
                        spec));
    }

    Answer stop(Node node) throws Exception {
        return node.obey(
                Order.of(
                        vm,
                        new io.tlvm.ownership.journal.Command.Stop(
                                next(), new Epoch(epoch), operation(), StopMode.FORCED),
                        spec));
    }

    /** A backup, asked for by a row. */
    BackupOrder backup(RowVersion at, Digest ekFingerprint, List<RecipientKey> recipients) {
        return new BackupOrder(
                vm,
                at,
                new Epoch(epoch),
                operation(),
                directory,
                Optional.of(ekFingerprint),
                spec,
                "projects/lab/virtualMachines/lab",
                recipients);
    }

    /** The row after its owner was lost: an attempt to store its state on another node. */
    Recovery recover(Node lost) {
        return new Recovery(lost);
    }

    final class Recovery {
        private final Node lost;
        private final StateRef from = directory;
        final OperationId recovery = operation();
        final long attemptEpoch = ++epoch;
        final StateRef into = StateRef.ofAttempt(new Epoch(attemptEpoch), recovery);
        private final RowVersion at = next();

        Recovery(Node lost) {
            this.lost = lost;
        }

        /** What vm-service seals the key for. */
        ContextInfo purpose(Node target) {
            return KeyContexts.recovered(
                    vm.value(), from.value(), target.name.value(), recovery.value(), attemptEpoch);
        }

        Answer store(Node target, ByteString sealedKey, Digest ekFingerprint) throws Exception {
            return target.obey(
                    Order.of(
                                    vm,
                                    new io.tlvm.ownership.journal.Command.StoreState(
                                            at,
                                            new Epoch(attemptEpoch),
                                            recovery,
                                            lost.name,
                                            from,
                                            into),
                                    spec)
                            .expecting(ekFingerprint)
                            .with(sealedKey));
        }

        /** Another node is to try it. */
        Answer discard(Node target) throws Exception {
            return target.obey(
                    Order.of(
                            vm,
                            new io.tlvm.ownership.journal.Command.Discard(
                                    next(), new Epoch(attemptEpoch), recovery),
                            lab.storage));
        }

        /** The row after StateStored. */
        void stored() {
            directory = into;
            op = recovery;
        }
    }

    /** The row after PLAN. */
    Attempt migrate(Node source, Node target) {
        return new Attempt(source, target);
    }

    final class Attempt {
        private final Node source;
        private final Node target;
        private final OperationId migration = operation();
        private final long attemptEpoch = epoch + 1;
        final MigrationPlan.Builder plan;
        private StateRef targetDirectory = new StateRef("g0-00000000");

        Attempt(Node source, Node target) {
            this.source = source;
            this.target = target;
            this.plan =
                    AgentLab.planOf(
                            LabMachine.this,
                            Command.newBuilder()
                                    .setVmUid(vm.value())
                                    .setEpoch(attemptEpoch)
                                    .setOpId(migration.value())
                                    .setRowVersion(next().value())
                                    .build(),
                            epoch,
                            source,
                            target);
        }

        Path files() {
            return home().resolve(targetDirectory.value());
        }

        Answer.Prepared prepare() throws Exception {
            Answer.Prepared prepared =
                    (Answer.Prepared)
                            target.obey(
                                    Order.of(
                                                    vm,
                                                    new io.tlvm.ownership.journal.Command.Prepare(
                                                            now(),
                                                            new Epoch(attemptEpoch),
                                                            migration,
                                                            source.name),
                                                    spec)
                                            .with(lab.plan(target, plan.build()), 0));
            targetDirectory = prepared.directory();
            plan.setTargetHpkeKey(prepared.hpkeKey()).setTargetDir(targetDirectory.value());
            version++;
            return prepared;
        }

        Answer transfer() throws Exception {
            return source.obey(
                    Order.of(
                                    vm,
                                    new io.tlvm.ownership.journal.Command.BeginOutgoing(
                                            now(), new Epoch(epoch), migration, target.name),
                                    spec)
                            .with(lab.plan(source, plan.build()), 0));
        }

        CompletableFuture<Answer> transferring() {
            return CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return transfer();
                        } catch (Exception failed) {
                            throw new java.util.concurrent.CompletionException(failed);
                        }
                    },
                    work -> Thread.ofVirtual().start(work));
        }

        Answer go() throws Exception {
            return source.obey(
                    Order.of(
                            vm,
                            new io.tlvm.ownership.journal.Command.Continue(
                                    next(), new Epoch(epoch), migration)));
        }

        Answer confirm() throws Exception {
            return target.obey(
                    Order.of(
                            vm,
                            new io.tlvm.ownership.journal.Command.ConfirmLoaded(
                                    now(), new Epoch(attemptEpoch), migration)));
        }

        Answer adopt() throws Exception {
            StateRef left = directory;
            long before = epoch;
            version++;
            epoch = attemptEpoch;
            directory = targetDirectory;
            op = migration;
            Answer answer = run(target, next(), Mode.ADOPT);
            directory = answer instanceof Answer.Activated ? targetDirectory : left;
            epoch = answer instanceof Answer.Activated ? attemptEpoch : before;
            return answer;
        }

        Answer retire(StateRef old, long oldEpoch) throws Exception {
            return source.obey(
                    Order.of(
                            vm,
                            new io.tlvm.ownership.journal.Command.Retire(
                                    next(), new Epoch(oldEpoch), migration, old),
                            lab.storage));
        }

        /** ABORT: a fresh epoch above the dead attempt's, and the source resumes. */
        Answer abort() throws Exception {
            epoch = attemptEpoch + 1;
            op = migration;
            return run(source, next(), Mode.RESUME);
        }

        Answer discard() throws Exception {
            return target.obey(
                    Order.of(
                            vm,
                            new io.tlvm.ownership.journal.Command.Discard(
                                    now(), new Epoch(attemptEpoch), migration),
                            lab.storage));
        }
    }

    Optional<Path> permall() {
        Path file = files().resolve("tpm/tpm2-00.permall");
        return Files.exists(file) ? Optional.of(file) : Optional.empty();
    }
}
