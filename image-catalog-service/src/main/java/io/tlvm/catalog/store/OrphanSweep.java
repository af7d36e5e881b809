package io.tlvm.catalog.store;

import io.tlvm.catalog.verification.ContentDigest;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Removes what nobody will ask for: unfinished uploads that nobody went on with, and content that
 * nothing names. Each only after a time of grace, in which somebody may resume the upload, or make
 * an image of the content that was just brought.
 */
public final class OrphanSweep implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(OrphanSweep.class);

    private final ContentShelf shelf;
    private final Shelving shelving;
    private final InstantSource clock;
    private final Duration grace;
    private final CountDownLatch stopped = new CountDownLatch(1);

    public OrphanSweep(ContentShelf shelf, Shelving shelving, InstantSource clock, Duration grace) {
        this.shelf = shelf;
        this.shelving = shelving;
        this.clock = clock;
        this.grace = grace;
    }

    /** Begins to sweep, once every {@code period}. Once. */
    public void start(Duration period) {
        Thread.ofVirtual().name("orphan-sweep").start(() -> repeat(period));
    }

    private void repeat(Duration period) {
        try {
            do {
                try {
                    sweep();
                } catch (IOException | RuntimeException notNow) {
                    LOG.warnf("orphans are not swept, again in %s: %s", period, notNow);
                }
            } while (!stopped.await(period.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sweeps now; returns how much content went. */
    public int sweep() throws IOException {
        Instant now = clock.instant();
        shelf.sweepPartials(now.minus(Intake.KEPT_FOR));
        int removed = 0;
        for (ContentDigest resting : shelf.restingSince(now.minus(grace))) {
            if (stopped.getCount() == 0) {
                break;
            }
            if (shelving.removeOrphan(resting, now.minus(grace))) {
                LOG.infof("removed content that nothing names digest=%s", resting);
                removed++;
            }
        }
        return removed;
    }

    @Override
    public void close() {
        stopped.countDown();
    }
}
