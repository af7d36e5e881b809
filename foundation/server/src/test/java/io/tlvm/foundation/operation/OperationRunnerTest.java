package io.tlvm.foundation.operation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.StringValue;

import io.tlvm.foundation.operation.OperationOutcome.Cancelled;
import io.tlvm.foundation.operation.OperationOutcome.Later;
import io.tlvm.foundation.operation.OperationOutcome.Succeeded;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.foundation.refusal.Refusal;
import io.tlvm.foundation.refusal.RefusalView;
import io.tlvm.type.v1.ErrorReason;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

class OperationRunnerTest {

    private static final Any SAID = Any.pack(StringValue.of("said"));

    private final MemoryOperationStore store = new MemoryOperationStore(Clock.systemUTC());
    private final List<OperationRunner> runners = new ArrayList<>();

    /** What a test's handler does. */
    private interface Work {
        OperationOutcome run(OperationRecord operation, OperationProgress progress)
                throws InterruptedException;
    }

    private record Handler(String kind, Work work) implements OperationHandler {
        @Override
        public OperationOutcome run(OperationRecord operation, OperationProgress progress)
                throws InterruptedException {
            return work.run(operation, progress);
        }
    }

    @AfterEach
    void close() {
        runners.forEach(OperationRunner::close);
    }

    private OperationRunner runner(String name, Duration lease, Work work) {
        var settings =
                new RunnerSettings(name, lease, Duration.ofMillis(50), 4, Duration.ofSeconds(10));
        var runner =
                new OperationRunner(
                        store,
                        Map.of("Test", new Handler("Test", work)),
                        settings,
                        ErrorDomain.COMPUTE);
        runners.add(runner);
        runner.start();
        return runner;
    }

    private OperationName insert() {
        var name = OperationName.of("default", ErrorDomain.COMPUTE, UUID.randomUUID());
        store.insert(OperationRecord.queued(name, "Test", "vm", "somebody", SAID, Instant.now()));
        return name;
    }

    private OperationRecord await(OperationName name, Predicate<OperationRecord> condition)
            throws InterruptedException {
        var never = new CountDownLatch(1);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < end) {
            var operation = store.find(name).orElseThrow();
            if (condition.test(operation)) {
                return operation;
            }
            assertThat(never.await(5, TimeUnit.MILLISECONDS)).isFalse();
        }
        throw new AssertionError("still " + store.find(name));
    }

    @Test
    void an_operation_is_done_once_with_its_steps_visible() throws Exception {
        var runs = new AtomicInteger();
        runner(
                "a",
                Duration.ofSeconds(30),
                (operation, progress) -> {
                    runs.incrementAndGet();
                    progress.at("HALF", Any.pack(StringValue.of("half")));
                    return new Succeeded(SAID);
                });

        var done = await(insert(), operation -> operation.state().done());

        assertThat(done.state()).isEqualTo(OperationState.SUCCEEDED);
        assertThat(done.step()).isEqualTo("HALF");
        assertThat(done.metadata().unpack(StringValue.class).getValue()).isEqualTo("half");
        assertThat(done.toProto().getResponse()).isEqualTo(SAID);
        assertThat(runs).hasValue(1);
    }

    @Test
    void two_runners_never_work_on_the_same_operation() throws Exception {
        var runs = new AtomicInteger();
        Work count =
                (operation, progress) -> {
                    runs.incrementAndGet();
                    return new Succeeded(SAID);
                };
        runner("a", Duration.ofSeconds(30), count);
        runner("b", Duration.ofSeconds(30), count);
        var names = new ArrayList<OperationName>();
        for (int i = 0; i < 100; i++) {
            names.add(insert());
        }

        for (OperationName name : names) {
            await(name, operation -> operation.state().done());
        }

        assertThat(runs).hasValue(100);
    }

    @Test
    void a_postponed_operation_is_taken_up_again() throws Exception {
        var runs = new AtomicInteger();
        runner(
                "a",
                Duration.ofSeconds(30),
                (operation, progress) ->
                        runs.incrementAndGet() < 3
                                ? new Later(Duration.ofMillis(20))
                                : new Succeeded(SAID));

        await(insert(), operation -> operation.state() == OperationState.SUCCEEDED);

        assertThat(runs).hasValue(3);
    }

    @Test
    void a_shutdown_leaves_the_operation_to_the_next_runner_at_once() throws Exception {
        var began = new CountDownLatch(1);
        var first =
                runner(
                        "a",
                        Duration.ofMinutes(10),
                        (operation, progress) -> {
                            began.countDown();
                            new CountDownLatch(1).await();
                            return new Succeeded(SAID);
                        });
        var name = insert();
        assertThat(began.await(10, TimeUnit.SECONDS)).isTrue();

        first.close();
        runner("b", Duration.ofMinutes(10), (operation, progress) -> new Succeeded(SAID));

        await(name, operation -> operation.state() == OperationState.SUCCEEDED);
    }

    @Test
    void a_lost_claim_interrupts_the_handler() throws Exception {
        var began = new Semaphore(0);
        var ends = new LinkedBlockingQueue<String>();
        runner(
                "a",
                Duration.ofMillis(300),
                (operation, progress) -> {
                    began.release();
                    try {
                        new CountDownLatch(1).await();
                        return new Succeeded(SAID);
                    } catch (InterruptedException lost) {
                        ends.add("interrupted");
                        throw lost;
                    }
                });
        insert();
        assertThat(began.tryAcquire(10, TimeUnit.SECONDS)).isTrue();

        store.down(true);

        assertThat(ends.poll(10, TimeUnit.SECONDS)).isEqualTo("interrupted");
        store.down(false);
    }

    @Test
    void a_handler_longer_than_the_lease_keeps_its_claim() throws Exception {
        var runs = new AtomicInteger();
        runner(
                "a",
                Duration.ofMillis(300),
                (operation, progress) -> {
                    runs.incrementAndGet();
                    assertThat(new CountDownLatch(1).await(1, TimeUnit.SECONDS)).isFalse();
                    return new Succeeded(SAID);
                });
        runner(
                "b",
                Duration.ofMillis(300),
                (operation, progress) -> {
                    runs.incrementAndGet();
                    return new Succeeded(SAID);
                });

        await(insert(), operation -> operation.state().done());

        assertThat(runs).hasValue(1);
    }

    @Test
    void a_handler_learns_of_a_cancellation() throws Exception {
        var error =
                Refusal.of(ErrorReason.ERROR_REASON_OPERATION_CANCELLED, ErrorDomain.COMPUTE)
                        .asStatus();
        runner(
                "a",
                Duration.ofMillis(300),
                (operation, progress) -> {
                    while (!progress.cancelRequested()) {
                        progress.at("WAITING", SAID);
                    }
                    return new Cancelled(error);
                });
        var name = insert();
        await(name, operation -> operation.step().equals("WAITING"));

        store.requestCancel(name);

        assertThat(await(name, operation -> operation.state().done()).error()).contains(error);
    }

    @Test
    void a_refusal_ends_the_operation_and_one_worth_a_retry_does_not() throws Exception {
        var runs = new AtomicInteger();
        runner(
                "a",
                Duration.ofSeconds(30),
                (operation, progress) -> {
                    if (runs.incrementAndGet() == 1) {
                        throw Refusal.of(
                                        ErrorReason.ERROR_REASON_NODE_UNREACHABLE,
                                        ErrorDomain.COMPUTE)
                                .retryAfter(Duration.ofMillis(10))
                                .asException();
                    }
                    throw Refusal.of(ErrorReason.ERROR_REASON_STORAGE_FULL, ErrorDomain.COMPUTE)
                            .asException();
                });

        var done = await(insert(), operation -> operation.state().done());

        assertThat(RefusalView.of(done.error().orElseThrow()).reason())
                .isEqualTo(ErrorReason.ERROR_REASON_STORAGE_FULL);
        assertThat(runs).hasValue(2);
    }

    @Test
    void a_bug_ends_the_operation_with_a_debug_id_only() throws Exception {
        runner(
                "a",
                Duration.ofSeconds(30),
                (operation, progress) -> {
                    throw new IllegalStateException("secret inner detail");
                });

        var view = RefusalView.of(await(insert(), o -> o.state().done()).error().orElseThrow());

        assertThat(view.reason()).isEqualTo(ErrorReason.ERROR_REASON_INTERNAL_BUG);
        assertThat(view.toString()).doesNotContain("secret");
    }

    @Test
    void an_operation_survives_a_store_that_was_down() throws Exception {
        runner("a", Duration.ofSeconds(30), (operation, progress) -> new Succeeded(SAID));
        store.down(true);
        var name = insert();
        runners.getFirst().wake();
        store.down(false);

        await(name, operation -> operation.state() == OperationState.SUCCEEDED);
    }
}
