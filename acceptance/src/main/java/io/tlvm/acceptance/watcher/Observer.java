package io.tlvm.acceptance.watcher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.jspecify.annotations.Nullable;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Asks one QEMU for its run state, again and again; a frozen QEMU delays nobody else. */
final class Observer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long PERIOD_NANOS = 20_000_000;

    private final Path socket;
    private final List<Span> spans;
    private long samples;
    private boolean running;
    private volatile boolean ended;
    private volatile boolean closed;

    private Observer(Path socket, List<Span> spans) {
        this.socket = socket;
        this.spans = spans;
    }

    /**
     * @param earlier what was seen at the same socket before, or null
     */
    static Observer start(Path socket, @Nullable Observer earlier) {
        Observer observer =
                new Observer(
                        socket, new ArrayList<>(earlier == null ? List.of() : earlier.spans()));
        Thread.ofVirtual().name("observer " + socket).start(observer::watch);
        return observer;
    }

    Path socket() {
        return socket;
    }

    boolean ended() {
        return ended;
    }

    synchronized long samples() {
        return samples;
    }

    synchronized boolean runsNow() {
        return running && !ended;
    }

    synchronized List<Span> spans() {
        return List.copyOf(spans);
    }

    private void watch() {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                BufferedReader in =
                        new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
            in.readLine();
            send(channel, "{\"execute\":\"qmp_capabilities\"}");
            while (!closed) {
                long asked = System.nanoTime();
                send(channel, "{\"execute\":\"query-status\"}");
                String status = status(in);
                seen(status, asked, System.nanoTime());
                LockSupport.parkNanos(PERIOD_NANOS);
            }
        } catch (IOException e) {
            // End of the process: what was seen of it stays.
        } finally {
            ended = true;
        }
    }

    private synchronized void seen(String status, long asked, long answered) {
        samples++;
        if (status.equals("running")) {
            if (running) {
                spans.set(spans.size() - 1, spans.getLast().until(asked));
            } else {
                spans.add(new Span(answered, answered));
            }
        }
        running = status.equals("running");
    }

    private static String status(BufferedReader in) throws IOException {
        while (true) {
            String line = in.readLine();
            if (line == null) {
                throw new IOException("end of stream");
            }
            JsonNode answer = JSON.readTree(line).path("return");
            if (answer.has("status")) {
                return answer.path("status").asText();
            }
        }
    }

    private static void send(SocketChannel channel, String command) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(command + "\n");
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
