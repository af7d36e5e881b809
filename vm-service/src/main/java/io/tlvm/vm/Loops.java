package io.tlvm.vm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.vm.audit.AuditWriter;
import io.tlvm.vm.backup.BackupRecords;
import io.tlvm.vm.backup.Backups;
import io.tlvm.vm.backup.Escrow;
import io.tlvm.vm.backup.directory.DirectoryShelf;
import io.tlvm.vm.failover.Failover;
import io.tlvm.vm.keys.RecoveryKeys;
import io.tlvm.vm.machine.Purges;
import io.tlvm.vm.node.NodeRecords;
import io.tlvm.vm.node.SilenceWatch;
import io.tlvm.vm.ownership.OwnershipDriver;
import io.tlvm.vm.ownership.OwnershipRows;
import io.tlvm.vm.ownership.Settler;

import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Starts and stops what runs without being asked. */
@Singleton
class Loops {
    private static final Duration SILENCE_PERIOD = Duration.ofSeconds(1);
    private static final Duration PURGE_PERIOD = Duration.ofSeconds(10);

    private final RecoveryKeys keys;
    private final Settler settler;
    private final Failover failover;
    private final SilenceWatch silence;
    private final Purges purges;
    private final AuditWriter audit;
    private final Optional<Escrow> escrow;

    Loops(
            RecoveryKeys keys,
            Settler settler,
            Failover failover,
            NodeRecords nodes,
            OwnershipRows rows,
            OwnershipDriver driver,
            AuditWriter audit,
            Backups backups,
            BackupRecords backupRecords,
            VmConfig config,
            Clock clock) {
        this.keys = keys;
        this.settler = settler;
        this.failover = failover;
        this.silence = new SilenceWatch(nodes, SILENCE_PERIOD);
        this.audit = audit;
        this.purges = new Purges(rows, driver, PURGE_PERIOD);
        this.escrow =
                config.backup()
                        .directory()
                        .map(
                                directory ->
                                        new Escrow(
                                                backups,
                                                backupRecords,
                                                new DirectoryShelf(directory),
                                                recipients(config.backup()),
                                                config.backup().interval(),
                                                clock));
    }

    private static List<RecipientKey> recipients(VmConfig.Backup config) {
        List<RecipientKey> keys = new ArrayList<>();
        for (Path file : config.recipients().orElse(List.of())) {
            try {
                keys.add(RecipientKey.parsePem(Files.readString(file, US_ASCII)));
            } catch (IOException | IllegalArgumentException unusable) {
                throw new IllegalStateException(
                        "tlvm.vm.backup.recipients names %s, which is no public key: %s"
                                .formatted(file, unusable.getMessage()),
                        unusable);
            }
        }
        return keys;
    }

    void start(@Observes StartupEvent event) {
        keys.open();
        settler.start();
        failover.start();
        silence.start();
        purges.start();
        audit.start();
        escrow.ifPresent(Escrow::start);
    }

    void stop(@Observes ShutdownEvent event) {
        escrow.ifPresent(Escrow::close);
        purges.close();
        silence.close();
        failover.close();
        settler.close();
        // Last, so that what the others did is covered.
        audit.close();
    }
}
