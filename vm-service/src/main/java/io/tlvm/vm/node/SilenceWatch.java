package io.tlvm.vm.node;

import org.jboss.logging.Logger;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Notices in time that nodes fell silent; what is shown of a node is computed anyway, this tells
 * the watchers.
 */
public final class SilenceWatch implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(SilenceWatch.class);

    private final NodeRecords nodes;
    private final Duration period;
    private final CountDownLatch stopped = new CountDownLatch(1);

    public SilenceWatch(NodeRecords nodes, Duration period) {
        this.nodes = nodes;
        this.period = period;
    }

    /** Begins to look. Once. */
    public void start() {
        Thread.ofVirtual().name("node-silence").start(this::look);
    }

    private void look() {
        try {
            while (!stopped.await(period.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    if (nodes.noteSilence() > 0) {
                        LOG.warn("a node fell silent or speaks again; see the list of nodes");
                    }
                } catch (RuntimeException databaseGone) {
                    LOG.warnf("cannot look for silent nodes: %s", databaseGone);
                }
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stopped.countDown();
    }
}
