package io.tlvm.acceptance.bench;

import io.tlvm.acceptance.cluster.LocalStack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/** A process of the stack, by what the kernel and its health port say; see proc(5). */
final class ServiceProcess {
    private static final Duration READY_LIMIT = Duration.ofMinutes(2);
    private static final int POLL_NANOS = 2_000_000;

    /** USER_HZ; Linux has used 100 on every architecture that this runs on. */
    private static final int TICKS_PER_SECOND = 100;

    private static final int START_TIME_AFTER_NAME = 19;

    private final LocalStack stack;
    private final Served served;
    private final HttpClient http = HttpClient.newHttpClient();

    ServiceProcess(LocalStack stack, Served served) {
        this.stack = stack;
        this.served = served;
    }

    /** Starts the service anew; from its exec until the health port says ready, ±10 ms. */
    Duration restart() {
        stack.kill(served.name());
        var started = CompletableFuture.runAsync(() -> stack.start(served.name()));
        long end = System.nanoTime() + READY_LIMIT.toNanos();
        while (!isReady()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(served.name() + " is not ready");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        double ready = uptimeSeconds();
        started.join();
        return Duration.ofMillis(Math.round(1000 * (ready - startedSeconds())));
    }

    private boolean isReady() {
        var request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://127.0.0.1:"
                                                + served.managementPort()
                                                + "/q/health/ready"))
                        .timeout(Duration.ofSeconds(1))
                        .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stop);
        }
    }

    /** Resident bytes. */
    long residentBytes() {
        return read(Path.of("/proc/" + stack.pid(served.name()) + "/status"))
                        .lines()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .findFirst()
                        .orElseThrow()
                * 1024;
    }

    private double startedSeconds() {
        String stat = read(Path.of("/proc/" + stack.pid(served.name()) + "/stat"));
        String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(afterName[START_TIME_AFTER_NAME]) / (double) TICKS_PER_SECOND;
    }

    private static double uptimeSeconds() {
        String uptime = read(Path.of("/proc/uptime"));
        return Double.parseDouble(uptime.substring(0, uptime.indexOf(' ')));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
