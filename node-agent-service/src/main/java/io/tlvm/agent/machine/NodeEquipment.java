package io.tlvm.agent.machine;

import io.tlvm.agent.hypervisor.qemu.QemuLauncher;
import io.tlvm.agent.keys.KeyRing;
import io.tlvm.agent.migration.MigrationLimits;
import io.tlvm.agent.migration.TransferLink;
import io.tlvm.agent.probe.HostCapabilities;
import io.tlvm.agent.tpm.SwtpmSetup;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.gate.Gates;
import io.tlvm.node.v1.MachineSpec;
import io.tlvm.ownership.id.NodeName;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;

/**
 * What all machines of this node are run with.
 *
 * @param node this node
 * @param journals directory of the journals, on the node itself
 * @param runRoot directory of the run directories, short and on tmpfs
 * @param keys opens the state keys of this node's directories, and says for whom new ones are
 *     wrapped
 * @param random source of new keys
 * @param link the way to other agents
 * @param drifts told of each path of guest state whose owner, mode or links differed
 * @param limits how long things may take
 */
public record NodeEquipment(
        NodeName node,
        Path journals,
        Path runRoot,
        HostCapabilities host,
        QemuLauncher launcher,
        SwtpmSetup swtpmSetup,
        KeyRing keys,
        BackupEquipment backups,
        SecureRandom random,
        StoragePaths storage,
        TransferLink link,
        Gates gates,
        Runnable drifts,
        Limits limits) {

    /**
     * How long things may take.
     *
     * @param launch from the guardian's start to QMP's first answer
     * @param turn one step of a machine's queue; a caller waits no longer for its turn
     * @param ending until a QEMU that was told to quit is reaped
     * @param migration the steps of a migration
     * @param permissions between two looks at the permissions of guest state; drift is to be
     *     repaired and reported within a minute
     */
    public record Limits(
            Duration launch,
            Duration turn,
            Duration ending,
            MigrationLimits migration,
            Duration permissions) {
        /** What is used outside of tests. */
        public static final Limits STANDARD =
                new Limits(
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(45),
                        Duration.ofSeconds(10),
                        MigrationLimits.STANDARD,
                        Duration.ofSeconds(30));
    }

    /**
     * The user that owns the files of a machine and runs its processes: the agent's own unless it
     * is root.
     */
    FileOwner ownerOf(MachineSpec spec) {
        try {
            return host.userPerVm() && spec.getRunAsUid() > 0
                    ? new FileOwner(spec.getRunAsUid(), spec.getRunAsUid())
                    : FileOwner.ofThisProcess();
        } catch (IOException noProc) {
            throw new UncheckedIOException(noProc);
        }
    }
}
