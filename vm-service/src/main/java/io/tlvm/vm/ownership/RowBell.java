package io.tlvm.vm.ownership;

import io.tlvm.ownership.id.VmUid;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Tells this process that a row changed. A hint only: another replica's change does not ring here,
 * so whoever listens looks again after a while in any case. Its loss costs that while.
 */
public final class RowBell {
    private final ConcurrentHashMap<VmUid, Set<Semaphore>> listeners = new ConcurrentHashMap<>();
    private volatile Consumer<VmUid> settler = ignored -> {};

    /** Who does what rows are owed. */
    void answeredBy(Consumer<VmUid> wake) {
        settler = wake;
    }

    /** The row changed. */
    void ring(VmUid vm) {
        listeners.getOrDefault(vm, Set.of()).forEach(Semaphore::release);
        settler.accept(vm);
    }

    /** Listens until closed. */
    public Listener listen(VmUid vm) {
        var ear = new Semaphore(0);
        listeners.compute(
                vm,
                (key, ears) -> {
                    Set<Semaphore> some = ears == null ? ConcurrentHashMap.newKeySet() : ears;
                    some.add(ear);
                    return some;
                });
        return new Listener(vm, ear);
    }

    /** One who waits for changes. */
    public final class Listener implements AutoCloseable {
        private final VmUid vm;
        private final Semaphore ear;

        private Listener(VmUid vm, Semaphore ear) {
            this.vm = vm;
            this.ear = ear;
        }

        /**
         * Returns at the next ring, at a ring that was not waited for, or after {@code longest}.
         *
         * @return whether it rang
         */
        public boolean await(Duration longest) throws InterruptedException {
            boolean rang = ear.tryAcquire(Math.max(1, longest.toMillis()), TimeUnit.MILLISECONDS);
            if (rang) {
                ear.drainPermits();
            }
            return rang;
        }

        @Override
        public void close() {
            listeners.computeIfPresent(
                    vm,
                    (key, ears) -> {
                        ears.remove(ear);
                        return ears.isEmpty() ? null : ears;
                    });
        }
    }
}
