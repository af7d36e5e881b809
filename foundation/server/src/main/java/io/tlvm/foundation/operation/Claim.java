package io.tlvm.foundation.operation;

import com.google.protobuf.Any;

import io.tlvm.foundation.operation.OperationStore.Hold;

import org.jboss.logging.Logger;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One claim while its handler works: prolongs it, carries progress, interrupts the handler when it
 * is lost.
 */
final class Claim implements OperationProgress {

    private static final Logger LOG = Logger.getLogger(Claim.class);

    private final OperationStore store;
    private final OperationName name;
    private final RunnerSettings settings;
    private final Thread worker;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean cancelRequested;
    private volatile boolean lost;

    Claim(OperationStore store, OperationRecord operation, RunnerSettings settings, Thread worker) {
        this.store = store;
        this.name = operation.name();
        this.settings = settings;
        this.worker = worker;
        this.cancelRequested = operation.cancelRequested();
    }

    void keepAlive() {
        Thread.ofVirtual().name("claim-" + name.id()).start(this::prolong);
    }

    void stop() {
        ended.countDown();
    }

    boolean lost() {
        return lost;
    }

    /**
     * Three heartbeats fit into a lease; when it ends unprolonged somebody else may have the claim.
     */
    private void prolong() {
        long lease = settings.lease().toNanos();
        long heldUntil = System.nanoTime() + lease;
        try {
            while (!ended.await(lease / 3, TimeUnit.NANOSECONDS)) {
                long asked = System.nanoTime();
                try {
                    accept(store.heartbeat(name, settings.runner(), settings.lease()));
                    heldUntil = asked + lease;
                } catch (RuntimeException storeFailed) {
                    LOG.warnf("cannot prolong the claim name=%s: %s", name, storeFailed);
                    if (System.nanoTime() - heldUntil > 0) {
                        lose();
                    }
                }
                if (lost) {
                    return;
                }
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept(Hold hold) {
        switch (hold) {
            case Hold.Held(var cancel) -> cancelRequested = cancel;
            case Hold.Lost() -> lose();
        }
    }

    private void lose() {
        lost = true;
        if (ended.getCount() > 0) {
            worker.interrupt();
        }
    }

    @Override
    public void at(String step, Any metadata) throws InterruptedException {
        accept(store.progress(name, settings.runner(), step, metadata));
        if (lost) {
            throw new InterruptedException("the claim on " + name + " is lost");
        }
    }

    @Override
    public boolean cancelRequested() {
        return cancelRequested;
    }
}
