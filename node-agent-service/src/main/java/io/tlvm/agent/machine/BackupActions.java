package io.tlvm.agent.machine;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;

import io.tlvm.agent.gueststate.Expectation;
import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.gueststate.Manifest;
import io.tlvm.agent.gueststate.ManifestCheck.Verdict;
import io.tlvm.agent.gueststate.StartExamination;
import io.tlvm.agent.keys.SwtpmKey;
import io.tlvm.foundation.backup.BackupPayload;
import io.tlvm.foundation.backup.BackupRefusal;
import io.tlvm.foundation.backup.BackupRefused;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.foundation.secret.KeyBytes;
import io.tlvm.node.storage.v1.BackupHeader;
import io.tlvm.ownership.id.Digest;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/**
 * Makes backups of guest state. Of a machine at rest it is what a start would take; of a running
 * one the last checkpoint, which is written first if the guest has changed something since. Nothing
 * of it lies on a medium in clear, and nothing of the machine changes.
 */
final class BackupActions {
    private static final Logger LOG = Logger.getLogger(BackupActions.class);

    /** A guest that writes its TPM or variables between two reads so often is busy with them. */
    private static final int ATTEMPTS = 8;

    private final Workbench bench;

    BackupActions(Workbench bench) {
        this.bench = bench;
    }

    /**
     * The content of the backup's file.
     *
     * @throws MachineRefused when a newer row decided something else, the state is not what was
     *     sealed, keeps changing, or a recipient is none
     * @throws IOException when the medium fails
     */
    ByteString seal(BackupOrder order) throws IOException {
        bench.requireCurrent(order.version());
        if (bench.processes.current().isPresent()) {
            var claim = bench.journal.view().claim();
            if (claim == null || !claim.directory().equals(order.directory())) {
                throw unusable(order, "a process of the machine works in another directory");
            }
            return ofRunning(order, bench.requireHeld(order.directory()));
        }
        return switch (bench.open(order.directory())) {
            case HeldState.Opening.Locked(String why) -> throw unusable(order, why);
            case HeldState.Opening.Opened(HeldState state) -> {
                try (state) {
                    yield atRest(order, state);
                }
            }
        };
    }

    private ByteString ofRunning(BackupOrder order, HeldState state) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            state.follow();
            Manifest checkpoint =
                    state.manifest().orElseThrow(() -> unusable(order, "it has no manifest"));
            if (!checkpoint.node().equals(bench.equipment.node())
                    || !checkpoint
                            .tpm()
                            .map(Manifest.Tpm::ekFingerprint)
                            .equals(order.ekFingerprint())) {
                throw unusable(order, "its manifest is of another node or TPM");
            }
            Optional<ByteString> made = sealed(order, state, checkpoint, false);
            if (made.isPresent()) {
                return made.get();
            }
        }
        throw new MachineRefusal.StateChanging(order.directory().value(), ATTEMPTS).of(bench.vm);
    }

    private ByteString atRest(BackupOrder order, HeldState state) throws IOException {
        StartExamination.Outcome found =
                state.examination()
                        .examine(
                                new Expectation(
                                        bench.vm,
                                        order.directory(),
                                        bench.equipment.node(),
                                        order.ekFingerprint(),
                                        Optional.empty()));
        Optional<Manifest.Tpm> known = found.manifest().flatMap(Manifest::tpm);
        try {
            return switch (found.verdict()) {
                case Verdict.Refused(var why) -> throw unusable(order, why.message());
                case Verdict.Startable startable when startable.newer() ->
                        throw unusable(
                                order,
                                "it is newer than its manifest, as a crash leaves it: start the"
                                        + " machine once");
                case Verdict.Startable _ ->
                        sealed(order, state, found.manifest().orElseThrow(), true)
                                .orElseThrow(
                                        () ->
                                                new MachineRefusal.StateChanging(
                                                                order.directory().value(), 1)
                                                        .of(bench.vm));
            };
        } finally {
            known.ifPresent(tpm -> tpm.migrationKey().close());
        }
    }

    private Optional<ByteString> sealed(
            BackupOrder order, HeldState state, Manifest manifest, boolean atRest)
            throws IOException {
        try (SwtpmKey key = SwtpmKey.random(bench.equipment.random())) {
            Optional<HeldState.Copy> copy =
                    state.copy(
                            manifest.payload(),
                            manifest.variables(),
                            key,
                            bench.equipment.random());
            if (copy.isEmpty()) {
                return Optional.empty();
            }
            BackupHeader facts = facts(order, manifest, atRest, copy.get().common());
            try (BackupPayload payload = payload(copy.get(), key)) {
                byte[] file =
                        bench.equipment
                                .backups()
                                .writer()
                                .write(facts, payload, order.recipients());
                LOG.infof(
                        "vm=%s op=%s epoch=%s backup of %s seq=%d at_rest=%s sealed for %s",
                        bench.vm,
                        order.number(),
                        order.epoch(),
                        order.directory(),
                        manifest.seq(),
                        atRest,
                        order.recipients().stream().map(RecipientKey::id).toList());
                return Optional.of(ByteString.copyFrom(file));
            } catch (BackupRefused refused) {
                throw refusal(order, refused.why());
            }
        }
    }

    private static BackupPayload payload(HeldState.Copy copy, SwtpmKey key) {
        return new BackupPayload(
                copy.tpm()
                        .map(
                                file ->
                                        new BackupPayload.TpmState(
                                                key.open(bytes -> KeyBytes.take(bytes)), file)),
                copy.variables());
    }

    private BackupHeader facts(
            BackupOrder order, Manifest manifest, boolean atRest, Digest common) {
        BackupEquipment backups = bench.equipment.backups();
        Instant now = backups.clock().instant();
        return BackupHeader.newBuilder()
                .setBackupId(order.number().value())
                .setVmUid(bench.vm.value())
                .setVmName(order.vmName())
                .setTrustDomain(backups.trustDomain().name())
                .setNode(bench.equipment.node().value())
                .setEpoch(order.epoch().value())
                .setRowVersion(order.version().value())
                .setStateRef(order.directory().value())
                .setAtRest(atRest)
                .setSeq(manifest.seq())
                .setRanEpoch(manifest.ranEpoch().value())
                .setEkFingerprint(order.ekFingerprint().map(Digest::value).orElse(""))
                .setStateDigest(common.value())
                .setSpec(order.spec())
                .setFirmwareId(manifest.firmwareId())
                .setSwtpmVersion(manifest.tpm().map(Manifest.Tpm::swtpmVersion).orElse(""))
                .setCreateTime(
                        Timestamp.newBuilder()
                                .setSeconds(now.getEpochSecond())
                                .setNanos(now.getNano()))
                .build();
    }

    private MachineRefused refusal(BackupOrder order, BackupRefusal why) {
        return switch (why) {
            case BackupRefusal.UnusableRecipient(String keyId, String what) ->
                    new MachineRefusal.RecipientRefused(keyId, what).of(bench.vm);
            case BackupRefusal.TooLarge _,
                    BackupRefusal.NotABackup _,
                    BackupRefusal.UnknownFormat _,
                    BackupRefusal.NotGenuine _,
                    BackupRefusal.ForeignSigner _,
                    BackupRefusal.Malformed _,
                    BackupRefusal.OtherRecipient _,
                    BackupRefusal.PayloadDiffers _ ->
                    unusable(order, "no backup can be made of it: " + why.message());
        };
    }

    private MachineRefused unusable(BackupOrder order, String why) {
        return new MachineRefusal.StateUnusable(order.directory().value(), why).of(bench.vm);
    }
}
