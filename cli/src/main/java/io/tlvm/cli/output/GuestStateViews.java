package io.tlvm.cli.output;

import io.tlvm.cli.input.ResourceNames;
import io.tlvm.compute.v1.Condition;
import io.tlvm.compute.v1.VirtualMachine;
import io.tlvm.node.storage.v1.BackupHeader;
import io.tlvm.node.storage.v1.BackupRecipient;

import java.util.List;
import java.util.stream.Collectors;

/** The columns of guest state and its backups. */
public final class GuestStateViews {
    private static final String BACKED_UP = "GuestStateBackedUp";

    private GuestStateViews() {}

    /** The guest state of a VM. */
    public static View<VirtualMachine> machine() {
        return new View<>(
                VirtualMachine::getName,
                List.of(
                        Column.of("NAME", vm -> ResourceNames.shortName(vm.getName())),
                        Column.of("PHASE", vm -> vm.getGuestState().getPhase()),
                        Column.of("NODE", vm -> ResourceNames.shortName(vm.getNode())),
                        Column.of("EPOCH", vm -> Long.toString(vm.getGuestState().getEpoch())),
                        Column.of("DIRECTORY", vm -> vm.getGuestState().getStateRef()),
                        Column.of("EK", vm -> vm.getGuestState().getEkFingerprint()),
                        Column.of(
                                "LAST BACKUP",
                                vm ->
                                        Words.time(
                                                vm.getGuestState()
                                                        .getLastBackup()
                                                        .getCreateTime())),
                        Column.of(
                                "FOR KEYS",
                                vm ->
                                        String.join(
                                                " ",
                                                vm.getGuestState()
                                                        .getLastBackup()
                                                        .getRecipientsList())),
                        Column.of("BACKED UP", GuestStateViews::backedUp)));
    }

    private static String backedUp(VirtualMachine vm) {
        return vm.getConditionsList().stream()
                .filter(condition -> condition.getType().equals(BACKED_UP))
                .findFirst()
                .map(GuestStateViews::words)
                .orElse("");
    }

    private static String words(Condition condition) {
        return condition.getStatus().equals("True")
                ? "yes"
                : "NO since %s: %s"
                        .formatted(
                                Words.time(condition.getLastTransitionTime()),
                                condition.getMessage());
    }

    /** A backup that was verified. */
    public static View<BackupHeader> backup() {
        return new View<>(
                BackupHeader::getBackupId,
                List.of(
                        Column.of("BACKUP", BackupHeader::getBackupId),
                        Column.of("VM", BackupHeader::getVmName),
                        Column.of("UID", BackupHeader::getVmUid),
                        Column.of("MADE", header -> Words.time(header.getCreateTime())),
                        Column.of(
                                "BY",
                                header ->
                                        "node %s of %s"
                                                .formatted(
                                                        header.getNode(), header.getTrustDomain())),
                        Column.of(
                                "STATE",
                                header ->
                                        (header.getAtRest()
                                                        ? "at rest, %s"
                                                        : "running, as of checkpoint %s")
                                                .formatted(header.getSeq())),
                        Column.of("EPOCH", header -> Long.toString(header.getEpoch())),
                        Column.of("DIRECTORY", BackupHeader::getStateRef),
                        Column.of("EK", BackupHeader::getEkFingerprint),
                        Column.of("DIGEST", BackupHeader::getStateDigest),
                        Column.of(
                                "IMAGE",
                                header ->
                                        header.getSpec().getDisksCount() == 0
                                                ? ""
                                                : header.getSpec().getDisks(0).getImageDigest()),
                        Column.of(
                                "FOR KEYS",
                                header ->
                                        header.getRecipientsList().stream()
                                                .map(BackupRecipient::getKeyId)
                                                .collect(Collectors.joining(" ")))));
    }
}
