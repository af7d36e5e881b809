package io.tlvm.vm.backup;

import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.keys.RecoveryKeys;
import io.tlvm.vm.machine.Machine;
import io.tlvm.vm.machine.MachineName;
import io.tlvm.vm.machine.MachineView;
import io.tlvm.vm.machine.Machines;
import io.tlvm.vm.refusal.ClusterRefusal;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.VmRefused;

import org.jboss.logging.Logger;

import java.util.List;
import java.util.UUID;

/** Makes backups of guest state, and remembers the last one of each VM. */
public final class Backups {
    private static final Logger AUDIT = Logger.getLogger("io.tlvm.vm.audit");
    private static final String VERB = "back up the guest state of";

    private final Machines machines;
    private final BackupRecords records;
    private final RecoveryKeys keys;
    private final BackupSource source;

    public Backups(
            Machines machines, BackupRecords records, RecoveryKeys keys, BackupSource source) {
        this.machines = machines;
        this.records = records;
        this.keys = keys;
        this.source = source;
    }

    /** A backup of a VM. */
    public record Made(VmUid vm, BackupSource.Sealed sealed) {}

    /**
     * Makes a backup.
     *
     * @param recipients who can open it; none means the cluster's recovery key
     * @param actor who asks, for the log
     * @throws VmRefused NotFound, WrongState, InQuarantine, NodeSilent, StepFailed
     */
    public Made make(MachineName name, List<RecipientKey> recipients, String actor) {
        MachineView view = machines.get(name);
        Machines.usable(view, VERB);
        OwnershipRow row = settled(view);
        view.owner()
                .filter(owner -> !owner.reachable())
                .ifPresent(
                        owner -> {
                            throw new VmRefused(
                                    new ClusterRefusal.NodeSilent(
                                            owner.name().value(), owner.lastRenew()));
                        });
        List<RecipientKey> counted =
                recipients.isEmpty()
                        ? List.of(new RecipientKey(keys.current().publicKey()))
                        : recipients;
        Machine machine = view.machine();
        BackupSource.Sealed sealed =
                source.seal(machine, row, new OperationId(UUID.randomUUID().toString()), counted);
        // Before anything else may fail: from here on there is a copy of the vTPM.
        AUDIT.infof(
                "vm=%s event=BACKUP actor=%s backup=%s directory=%s recipients=%s",
                machine.uid(),
                actor,
                sealed.made().number(),
                sealed.made().directory(),
                sealed.made().recipients());
        records.backedUp(machine.uid(), sealed.made());
        return new Made(machine.uid(), sealed);
    }

    /** The row, if its state rests or runs in one place. */
    private static OwnershipRow settled(MachineView view) {
        MachineName name = view.machine().name();
        OwnershipRow row =
                view.row().orElseThrow(() -> notNow(name, view.machine().provisioning().name()));
        return switch (row.phase()) {
            case Phase.Stopped _ -> row;
            case Phase.Running(_, _, var activated, var stop) when activated && stop == null -> row;
            case Phase.Running _,
                    Phase.Creating _,
                    Phase.Migrating _,
                    Phase.Handover _,
                    Phase.Released _,
                    Phase.Recovering _,
                    Phase.Deleting _,
                    Phase.Purged _,
                    Phase.Quarantined _ ->
                    throw notNow(name, view.power().name());
        };
    }

    private static VmRefused notNow(MachineName name, String current) {
        return new VmRefused(
                new MachineRefusal.WrongPowerState(
                        name.toString(), current, "STOPPED or RUNNING", VERB));
    }
}
