package io.tlvm.vm.backup;

import io.tlvm.foundation.backup.RecipientKey;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.vm.machine.MachineName;
import io.tlvm.vm.refusal.VmRefused;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Makes backups without being asked: of every VM soon after its state was made or went to another
 * directory, then at an interval; one after the other. What belonged to a purged VM is removed, so
 * that a purge leaves nothing that opens.
 */
public final class Escrow implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Escrow.class);
    private static final String ACTOR = "escrow";
    private static final Duration LOOK_EVERY = Duration.ofMinutes(1);

    /** More than 50,000 VMs need within a day. */
    private static final int BACKUPS_MAX = 64;

    /** An hour. */
    private static final int LOOKS_PER_SWEEP = 60;

    private final Backups backups;
    private final BackupRecords records;
    private final BackupShelf shelf;
    private final List<RecipientKey> recipients;
    private final Duration interval;
    private final Clock clock;
    private final CountDownLatch stopped = new CountDownLatch(1);

    /**
     * @param recipients who can open them; none means the cluster's recovery key
     * @param interval between two backups of a VM whose directory stays
     */
    public Escrow(
            Backups backups,
            BackupRecords records,
            BackupShelf shelf,
            List<RecipientKey> recipients,
            Duration interval,
            Clock clock) {
        this.backups = backups;
        this.records = records;
        this.shelf = shelf;
        this.recipients = List.copyOf(recipients);
        this.interval = interval;
        this.clock = clock;
    }

    /** Begins to look. Once. */
    public void start() {
        Thread.ofVirtual().name("escrow").start(this::look);
    }

    private void look() {
        int looks = 0;
        try {
            while (!stopped.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    backUp();
                    if (looks++ % LOOKS_PER_SWEEP == 0) {
                        sweep();
                    }
                } catch (RuntimeException databaseGone) {
                    LOG.warnf("cannot look for VMs to back up: %s", databaseGone);
                }
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Makes the backups that are due, as many as one look may. */
    public void backUp() {
        for (MachineName name : records.escrowDue(clock.instant().minus(interval), BACKUPS_MAX)) {
            if (stopped.getCount() == 0) {
                return;
            }
            try {
                Backups.Made made = backups.make(name, recipients, ACTOR);
                shelf.keep(made.vm(), made.sealed());
                records.escrowed(made.vm(), made.sealed().made());
            } catch (VmRefused notNow) {
                LOG.infof("no backup now vm=%s: %s", name, notNow.why());
            } catch (IOException full) {
                LOG.errorf("cannot keep a backup vm=%s: %s", name, full.getMessage());
            }
        }
    }

    /** Removes backups of purged VMs. */
    public void sweep() {
        try {
            for (VmUid vm : records.purged(shelf.machines())) {
                shelf.destroy(vm);
                LOG.infof("backups of a purged VM are removed vm=%s", vm);
            }
        } catch (IOException failing) {
            LOG.errorf("backups of purged VMs are not removed: %s", failing.getMessage());
        }
    }

    @Override
    public void close() {
        stopped.countDown();
    }
}
