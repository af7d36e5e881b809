package io.tlvm.acceptance.guest;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads the guest's tick port on both nodes: a number every 5 ms of guest time. The largest
 * distance between two arrivals, less what the guest's own clock says passed between them, is how
 * long the guest stood still.
 */
public final class Ticks implements AutoCloseable {
    private final TreeMap<Long, Tick> ticks = new TreeMap<>();
    private volatile boolean closed;

    /**
     * One tick: guest clock in microseconds, arrival in nanoseconds of this JVM's monotonic clock.
     */
    private record Tick(long guestMicros, long arrivalNanos) {}

    /** Starts to read a socket as soon as it exists; call it for source and target. */
    public void follow(Path runDirectories, String vmUid) {
        Thread.ofVirtual()
                .name("ticks " + runDirectories)
                .start(() -> follow(runDirectories, vmUid, new java.util.HashSet<>()));
    }

    private void follow(Path runDirectories, String vmUid, java.util.Set<Path> known) {
        while (!closed) {
            try (var machines = Files.newDirectoryStream(runDirectories, vmUid + ".*")) {
                for (Path machine : machines) {
                    Path socket = machine.resolve("io/tick.sock");
                    if (Files.exists(socket) && known.add(socket)) {
                        Thread.ofVirtual().start(() -> read(socket));
                    }
                }
            } catch (IOException e) {
                // Not there yet.
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    private void read(Path socket) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                BufferedReader in =
                        new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
            String line;
            while (!closed && (line = in.readLine()) != null) {
                long arrival = System.nanoTime();
                String[] fields = line.strip().split(" ");
                if (fields.length == 2) {
                    keep(Long.parseLong(fields[0]), new Tick(Long.parseLong(fields[1]), arrival));
                }
            }
        } catch (IOException | NumberFormatException e) {
            // The process ended, or a line was cut by its end.
        }
    }

    private synchronized void keep(long sequence, Tick tick) {
        ticks.put(sequence, tick);
    }

    /** Ticks read so far. */
    public synchronized int count() {
        return ticks.size();
    }

    /** The longest time that the guest stood still. */
    public synchronized Duration longestPause() {
        long longest = 0;
        Tick before = null;
        for (Tick tick : ticks.values()) {
            if (before != null) {
                long still =
                        tick.arrivalNanos()
                                - before.arrivalNanos()
                                - (tick.guestMicros() - before.guestMicros()) * 1000;
                longest = Math.max(longest, still);
            }
            before = tick;
        }
        return Duration.ofNanos(longest);
    }

    @Override
    public void close() {
        closed = true;
    }
}
