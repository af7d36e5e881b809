package io.tlvm.foundation.operation;

import com.google.protobuf.Any;
import com.google.rpc.Status;

import io.tlvm.foundation.operation.OperationOutcome.Cancelled;
import io.tlvm.foundation.operation.OperationOutcome.Failed;
import io.tlvm.foundation.operation.OperationOutcome.Later;
import io.tlvm.foundation.operation.OperationOutcome.Succeeded;

import jakarta.inject.Singleton;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The contract of {@link OperationStore} in memory. It outlives the runners of a test as a database
 * would.
 */
@Singleton
public class MemoryOperationStore implements OperationStore {

    private final Clock clock;
    private final Map<OperationName, OperationRecord> rows = new HashMap<>();
    private boolean down;

    public MemoryOperationStore(Clock clock) {
        this.clock = clock;
    }

    /** Every call fails while the store is down. */
    synchronized void down(boolean now) {
        this.down = now;
    }

    private Instant now() {
        if (down) {
            throw new IllegalStateException("the store is down");
        }
        return clock.instant();
    }

    /** Adds an operation, as the transaction of a service would. */
    public synchronized void insert(OperationRecord operation) {
        rows.put(operation.name(), operation);
    }

    @Override
    public synchronized List<OperationRecord> claim(String runner, Duration lease, int max) {
        Instant now = now();
        var claimed = new ArrayList<OperationRecord>();
        rows.values().stream()
                .filter(row -> !row.state().done())
                .filter(row -> row.claimedUntil().map(until -> !until.isAfter(now)).orElse(true))
                .sorted(Comparator.comparing(OperationRecord::createTime))
                .limit(max)
                .map(row -> claimedBy(row, runner, now.plus(lease)))
                .forEach(claimed::add);
        claimed.forEach(row -> rows.put(row.name(), row));
        return claimed;
    }

    private static OperationRecord claimedBy(OperationRecord row, String runner, Instant until) {
        return with(
                row,
                OperationState.RUNNING,
                row.step(),
                row.metadata(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(runner),
                Optional.of(until),
                row.cancelRequested());
    }

    private Optional<OperationRecord> held(OperationName name, String runner) {
        Instant now = now();
        return Optional.ofNullable(rows.get(name))
                .filter(row -> row.claimedBy().equals(Optional.of(runner)))
                .filter(row -> row.claimedUntil().map(until -> until.isAfter(now)).orElse(false))
                .filter(row -> !row.state().done());
    }

    @Override
    public synchronized Hold heartbeat(OperationName name, String runner, Duration lease) {
        return held(name, runner)
                .<Hold>map(
                        row -> {
                            rows.put(name, claimedBy(row, runner, now().plus(lease)));
                            return new Hold.Held(row.cancelRequested());
                        })
                .orElse(new Hold.Lost());
    }

    @Override
    public synchronized Hold progress(
            OperationName name, String runner, String step, Any metadata) {
        return held(name, runner)
                .<Hold>map(
                        row -> {
                            rows.put(
                                    name,
                                    with(
                                            row,
                                            row.state(),
                                            step,
                                            metadata,
                                            Optional.empty(),
                                            Optional.empty(),
                                            row.claimedBy(),
                                            row.claimedUntil(),
                                            row.cancelRequested()));
                            return new Hold.Held(row.cancelRequested());
                        })
                .orElse(new Hold.Lost());
    }

    @Override
    public synchronized boolean finish(
            OperationName name, String runner, OperationOutcome outcome) {
        var row = held(name, runner);
        row.ifPresent(
                held ->
                        rows.put(
                                name,
                                switch (outcome) {
                                    case Succeeded(var response) ->
                                            ended(
                                                    held,
                                                    OperationState.SUCCEEDED,
                                                    Optional.empty(),
                                                    Optional.of(response));
                                    case Failed(var error) ->
                                            ended(
                                                    held,
                                                    OperationState.FAILED,
                                                    Optional.of(error),
                                                    Optional.empty());
                                    case Cancelled(var error) ->
                                            ended(
                                                    held,
                                                    OperationState.CANCELLED,
                                                    Optional.of(error),
                                                    Optional.empty());
                                    case Later(var delay) ->
                                            with(
                                                    held,
                                                    OperationState.RUNNING,
                                                    held.step(),
                                                    held.metadata(),
                                                    Optional.empty(),
                                                    Optional.empty(),
                                                    Optional.empty(),
                                                    Optional.of(now().plus(delay)),
                                                    held.cancelRequested());
                                }));
        return row.isPresent();
    }

    private static OperationRecord ended(
            OperationRecord row,
            OperationState state,
            Optional<Status> error,
            Optional<Any> response) {
        return with(
                row,
                state,
                row.step(),
                row.metadata(),
                error,
                response,
                Optional.empty(),
                Optional.empty(),
                row.cancelRequested());
    }

    @Override
    public synchronized Optional<OperationRecord> find(OperationName name) {
        return Optional.ofNullable(rows.get(name));
    }

    @Override
    public synchronized List<OperationRecord> list(Query query) {
        return rows.values().stream()
                .filter(row -> row.name().project().equals(query.project()))
                .filter(row -> query.target().map(row.target()::equals).orElse(true))
                .filter(row -> query.done().map(done -> done == row.state().done()).orElse(true))
                .filter(
                        row ->
                                query.after()
                                        .map(after -> id(row).compareTo(after) > 0)
                                        .orElse(true))
                .sorted(Comparator.comparing(MemoryOperationStore::id))
                .limit(query.limit())
                .toList();
    }

    private static String id(OperationRecord row) {
        return row.name().id().toString();
    }

    @Override
    public synchronized boolean requestCancel(OperationName name) {
        var row = rows.get(name);
        if (row == null) {
            return false;
        }
        if (!row.state().done()) {
            rows.put(
                    name,
                    with(
                            row,
                            row.state(),
                            row.step(),
                            row.metadata(),
                            row.error(),
                            row.response(),
                            row.claimedBy(),
                            row.claimedUntil(),
                            true));
        }
        return true;
    }

    @Override
    public synchronized boolean delete(OperationName name) {
        return find(name)
                .filter(row -> row.state().done())
                .map(row -> rows.remove(name) != null)
                .orElse(false);
    }

    private static OperationRecord with(
            OperationRecord row,
            OperationState state,
            String step,
            Any metadata,
            Optional<Status> error,
            Optional<Any> response,
            Optional<String> claimedBy,
            Optional<Instant> claimedUntil,
            boolean cancelRequested) {
        return new OperationRecord(
                row.name(),
                row.kind(),
                row.target(),
                row.requester(),
                metadata,
                state,
                step,
                error,
                response,
                row.createTime(),
                row.updateTime(),
                claimedBy,
                claimedUntil,
                cancelRequested);
    }
}
