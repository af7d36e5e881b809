package io.tlvm.foundation.gate;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Gates that a test holds and releases by name. */
public final class HeldGates implements Gates {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<String> held = new HashSet<>();
    private final Map<String, Integer> standing = new HashMap<>();
    private final Duration longest;

    /**
     * @param longest after which a held gate opens by itself, so that a test that died holds nobody
     *     for ever
     */
    public HeldGates(Duration longest) {
        this.longest = longest;
    }

    /** From now on whoever comes there stands. */
    public void hold(String name) {
        change(() -> held.add(name));
    }

    /** Lets everybody go who stands there, and all who come. */
    public void release(String name) {
        change(() -> held.remove(name));
    }

    /** Lets everybody go, wherever they stand. */
    public void releaseAll() {
        change(held::clear);
    }

    /** Waits until somebody stands there; false when nobody came in time. */
    public boolean awaitStanding(String name, Duration patience) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = patience.toNanos();
            while (standing.getOrDefault(name, 0) == 0) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void pass(String name) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            if (!held.contains(name)) {
                return;
            }
            standing.merge(name, 1, Integer::sum);
            changed.signalAll();
            try {
                long left = longest.toNanos();
                while (held.contains(name) && left > 0) {
                    left = changed.awaitNanos(left);
                }
            } finally {
                standing.merge(name, -1, Integer::sum);
            }
        } finally {
            lock.unlock();
        }
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
