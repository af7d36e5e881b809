package io.tlvm.vm.machine;

import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Event;
import io.tlvm.vm.ownership.OwnershipDriver;
import io.tlvm.vm.ownership.OwnershipRows;
import io.tlvm.vm.refusal.VmRefused;

import org.jboss.logging.Logger;

import java.time.Duration;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Purges deleted VMs when their retention is over. */
public final class Purges implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Purges.class);
    private static final int ROWS_MAX = 100;

    private final OwnershipRows rows;
    private final OwnershipDriver driver;
    private final Duration period;
    private final CountDownLatch stopped = new CountDownLatch(1);

    public Purges(OwnershipRows rows, OwnershipDriver driver, Duration period) {
        this.rows = rows;
        this.driver = driver;
        this.period = period;
    }

    /** Begins to look. Once. */
    public void start() {
        Thread.ofVirtual().name("purges").start(this::look);
    }

    private void look() {
        try {
            while (!stopped.await(period.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    rows.purgeDue(ROWS_MAX).forEach(this::purge);
                } catch (RuntimeException databaseGone) {
                    LOG.warnf("cannot look for retentions that are over: %s", databaseGone);
                }
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private void purge(VmUid vm) {
        try {
            var op = new OperationId(UUID.randomUUID().toString());
            driver.apply(vm, new Event.PurgeAsked(op, new TreeSet<>(rows.holders(vm))));
            LOG.infof("retention over vm=%s", vm);
        } catch (VmRefused undeleted) {
            LOG.infof("not purged vm=%s: %s", vm, undeleted.why());
        }
    }

    @Override
    public void close() {
        stopped.countDown();
    }
}
