package io.tlvm.acceptance.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A QEMU monitor, for one thread: commands, and events with the moment at which they came. */
final class Monitor implements AutoCloseable {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SocketChannel channel;
    private final BlockingQueue<JsonNode> replies = new LinkedBlockingQueue<>();
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

    /** An event and when it was read, on {@link System#nanoTime}. */
    record Event(JsonNode message, long seenAt) {
        boolean is(String name) {
            return message.path("event").asText().equals(name);
        }

        /** Whether it says that a migration entered a status. */
        boolean isMigration(String status) {
            return is("MIGRATION") && message.path("data").path("status").asText().equals(status);
        }
    }

    /** Takes the seat at a monitor that listens already. */
    Monitor(Path socket) {
        try {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("monitor " + socket).start(this::read);
        execute("qmp_capabilities", "{}");
    }

    private void read() {
        try (BufferedReader in =
                new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
            String line;
            while ((line = in.readLine()) != null) {
                long seenAt = System.nanoTime();
                JsonNode message = JSON.readTree(line);
                if (message.has("event")) {
                    events.add(new Event(message, seenAt));
                } else if (!message.has("QMP")) {
                    replies.add(message);
                }
            }
        } catch (IOException ended) {
            // The process ended; whoever waits for it runs into a limit that says so.
        }
    }

    /**
     * Runs a command and requires that it succeeds.
     *
     * @param arguments a JSON object
     */
    JsonNode execute(String command, String arguments) {
        try {
            ByteBuffer bytes =
                    StandardCharsets.UTF_8.encode(
                            "{\"execute\":\"" + command + "\",\"arguments\":" + arguments + "}\n");
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            JsonNode reply = replies.poll(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            if (reply == null || !reply.has("return")) {
                throw new IllegalStateException("QEMU answered " + command + " with " + reply);
            }
            return reply.path("return");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted in " + command, e);
        }
    }

    /** The next event of this kind; others before it are forgotten. */
    Event await(String what, Predicate<Event> wanted, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        try {
            while (true) {
                Event event =
                        events.poll(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
                if (event == null) {
                    throw new IllegalStateException("no event for '" + what + "' in " + limit);
                }
                if (event.isMigration("failed")) {
                    throw new IllegalStateException("the migration failed: " + event.message());
                }
                if (wanted.test(event)) {
                    return event;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + what, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
