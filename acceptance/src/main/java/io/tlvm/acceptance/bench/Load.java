package io.tlvm.acceptance.bench;

import io.grpc.ManagedChannel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * What one kind of call took.
 *
 * @param median of calls one after the other, the first included
 * @param p99 of the same calls
 * @param perSecond what {@link #CALLERS} callers at once got
 */
record Load(Duration median, Duration p99, double perSecond) {
    static final int CALLERS = 8;
    private static final Duration SUSTAINED = Duration.ofSeconds(10);

    static Load measure(ManagedChannel channel, Consumer<ManagedChannel> call, int calls) {
        List<Duration> times = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            long before = System.nanoTime();
            call.accept(channel);
            times.add(Duration.ofNanos(System.nanoTime() - before));
        }
        List<Duration> sorted = times.stream().sorted().toList();
        return new Load(
                sorted.get(calls / 2),
                sorted.get(Math.min(calls - 1, calls * 99 / 100)),
                rate(channel, call));
    }

    private static double rate(ManagedChannel channel, Consumer<ManagedChannel> call) {
        long begin = System.nanoTime();
        long end = begin + SUSTAINED.toNanos();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> made = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                made.add(
                        callers.submit(
                                () -> {
                                    int done = 0;
                                    while (System.nanoTime() < end) {
                                        call.accept(channel);
                                        done++;
                                    }
                                    return done;
                                }));
            }
            int all = 0;
            for (Future<Integer> one : made) {
                all += one.get();
            }
            return all / ((System.nanoTime() - begin) / 1e9);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stop);
        } catch (ExecutionException failed) {
            throw new IllegalStateException(failed.getCause());
        }
    }
}
