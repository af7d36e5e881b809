package io.tlvm.vm.ownership;

import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.OwnershipRow;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/** Waits for rows. */
public final class RowWait {

    /** Changes that other replicas make, and troubles, ring no bell here. */
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    private final OwnershipRows rows;
    private final RowBell bell;
    private final Clock clock;

    public RowWait(OwnershipRows rows, RowBell bell, Clock clock) {
        this.rows = rows;
        this.bell = bell;
        this.clock = clock;
    }

    /**
     * The row as soon as it is as {@code wanted}; empty when it was not by {@code limit}, or is not
     * there.
     */
    public Optional<OwnershipRow> until(VmUid vm, Instant limit, Predicate<OwnershipRow> wanted)
            throws InterruptedException {
        try (RowBell.Listener listener = bell.listen(vm)) {
            while (true) {
                Optional<OwnershipRow> row = rows.read(vm);
                if (row.isEmpty() || wanted.test(row.get())) {
                    return row;
                }
                Duration left = Duration.between(clock.instant(), limit);
                if (left.isNegative() || left.isZero()) {
                    return Optional.empty();
                }
                listener.await(left.compareTo(LOOK_EVERY) < 0 ? left : LOOK_EVERY);
            }
        }
    }
}
