package io.tlvm.vm.ownership;

import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.row.Coordinator;
import io.tlvm.ownership.row.Decision;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.Nodes;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.vm.audit.Cause;
import io.tlvm.vm.audit.HandOverProof;
import io.tlvm.vm.migration.Measured;
import io.tlvm.vm.migration.MigrationRecord;
import io.tlvm.vm.ownership.OwnershipRows.Swap.Denied;
import io.tlvm.vm.ownership.OwnershipRows.Swap.Missing;
import io.tlvm.vm.ownership.OwnershipRows.Swap.Raced;
import io.tlvm.vm.ownership.OwnershipRows.Swap.Swapped;
import io.tlvm.vm.ownership.OwnershipRows.Swap.Unchanged;
import io.tlvm.vm.refusal.OwnershipRefusal;
import io.tlvm.vm.refusal.VmRefused;

import org.jboss.logging.Logger;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The only writer of ownership rows. Requests, agents' answers, the clock and restarts all come
 * through here.
 */
public final class OwnershipDriver {
    private static final Logger LOG = Logger.getLogger("io.tlvm.vm.ownership");

    /**
     * Each race is lost to somebody who made progress; more than a few mean that the row is fought
     * over.
     */
    private static final int RACES_MAX = 16;

    private final OwnershipRows rows;
    private final RowBell bell;
    private final Clock clock;

    public OwnershipDriver(OwnershipRows rows, RowBell bell, Clock clock) {
        this.rows = rows;
        this.bell = bell;
        this.clock = clock;
    }

    /** The row as it is now; absent before PLACE. */
    public Optional<OwnershipRow> read(VmUid vm) {
        return rows.read(vm);
    }

    /**
     * @throws VmRefused when there is none
     */
    public OwnershipRow require(VmUid vm) {
        return rows.read(vm).orElseThrow(() -> new VmRefused(new OwnershipRefusal.NoRow(vm)));
    }

    /**
     * Makes {@code event} true, or finds that it is. What is returned is committed.
     *
     * @throws VmRefused when the rules forbid it, there is no row, or the row is fought over
     */
    public OwnershipRow apply(VmUid vm, Event event) {
        return apply(vm, event, List.of());
    }

    /**
     * As {@link #apply(VmUid, Event)}; what was measured on the way is noted in the same
     * transaction, because the guest may stand still and a second one would make it wait.
     */
    public OwnershipRow apply(VmUid vm, Event event, List<Measured> measured) {
        for (int race = 0; race < RACES_MAX; race++) {
            switch (rows.swap(vm, new Told(event, measured, clock.instant()))) {
                case Swapped(var next) -> {
                    LOG.infof(
                            "row vm=%s version=%s phase=%s owner=%s epoch=%s event=%s",
                            vm,
                            next.version(),
                            next.phase().getClass().getSimpleName(),
                            next.owner(),
                            next.epoch(),
                            event.getClass().getSimpleName());
                    bell.ring(vm);
                    return next;
                }
                case Unchanged(var same) -> {
                    return same;
                }
                case Denied(var why) ->
                        throw new VmRefused(new OwnershipRefusal.Coordinated(vm, why));
                case Missing() -> throw new VmRefused(new OwnershipRefusal.NoRow(vm));
                case Raced() -> {
                    // decide again on the row as it is now
                }
            }
        }
        throw new VmRefused(new OwnershipRefusal.Contended(vm, RACES_MAX));
    }

    private record Told(Event event, List<Measured> measured, Instant now)
            implements OwnershipRows.Transition {
        @Override
        public Set<NodeName> asksAbout() {
            return switch (event) {
                case Event.MigrationAsked(_, var target, _) -> Set.of(target);
                case Event.CreateWithdrawn(_, _, var next) -> Set.of(next);
                case Event.NodeLost(_, var target) -> Set.of(target);
                case Event.StateCreated _,
                        Event.StartAsked _,
                        Event.StopAsked _,
                        Event.Exited _,
                        Event.Activated _,
                        Event.StateRefused _,
                        Event.TargetPrepared _,
                        Event.DeadlineExtended _,
                        Event.SourceReady _,
                        Event.SourceReleased _,
                        Event.TargetLoaded _,
                        Event.NotClaimed _,
                        Event.Aborted _,
                        Event.StateStored _,
                        Event.OwnerReturned _,
                        Event.CleanedUp _,
                        Event.DeleteAsked _,
                        Event.UndeleteAsked _,
                        Event.PurgeAsked _,
                        Event.Purged _ ->
                        Set.of();
            };
        }

        @Override
        public Decision decide(OwnershipRow row, Nodes nodes) {
            return Coordinator.decide(row, event, nodes);
        }

        @Override
        public Optional<MigrationRecord> record(
                Optional<MigrationRecord> written, OwnershipRow row, OwnershipRow next) {
            Optional<MigrationRecord> noted = written;
            for (Measured one : measured) {
                noted = noted.map(record -> record.with(one));
            }
            return MigrationRecord.after(noted, row, event, next, now);
        }

        @Override
        public Cause cause() {
            return Cause.of(event);
        }

        @Override
        public Optional<HandOverProof> handOver() {
            return measured.stream()
                    .flatMap(
                            one ->
                                    one instanceof Measured.HandedOver(var proof)
                                            ? Stream.of(proof)
                                            : Stream.empty())
                    .findFirst();
        }
    }
}
