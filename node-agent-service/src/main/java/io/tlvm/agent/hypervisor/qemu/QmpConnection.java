package io.tlvm.agent.hypervisor.qemu;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import io.tlvm.agent.hypervisor.qemu.QmpException.QmpDisconnected;
import io.tlvm.agent.hypervisor.qemu.QmpException.QmpRefused;
import io.tlvm.agent.hypervisor.qemu.QmpException.QmpTimedOut;

import org.jboss.logging.Logger;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * One seat at a QEMU monitor (QEMU: docs/interop/qmp-spec), out-of-band execution enabled.
 *
 * <p>Safe for any number of threads; meant for virtual ones. A reader thread completes replies, a
 * second one tells listeners, so a listener may itself send commands. Nothing of a dead connection
 * can be repaired: open another.
 *
 * <p>Events are hints. They are lost when listeners are slow and absent after a re-attach; who
 * waits must also query.
 */
public final class QmpConnection implements AutoCloseable {
    /** query-named-block-nodes of a large machine has some 100 KiB. */
    static final int MAX_LINE_BYTES = 1 << 20;

    /**
     * QEMU stops reading a monitor with 8 queued commands (monitor/qmp.c), and then out-of-band
     * ones wait as well.
     */
    private static final int MAX_IN_BAND = 7;

    private static final int MAX_WAITING_EVENTS = 4096;
    private static final Logger LOG = Logger.getLogger(QmpConnection.class);

    private final Path socket;
    private final SocketChannel channel;
    private final ObjectMapper json =
            new ObjectMapper(
                    JsonFactory.builder()
                            .streamReadConstraints(
                                    StreamReadConstraints.builder()
                                            .maxNestingDepth(64)
                                            .maxStringLength(MAX_LINE_BYTES)
                                            .build())
                            .build());
    private final CompletableFuture<JsonNode> greeting = new CompletableFuture<>();
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private final Map<String, Pending> pending = new ConcurrentHashMap<>();
    private final Semaphore inBand = new Semaphore(MAX_IN_BAND);
    private final AtomicLong nextId = new AtomicLong();
    private final ReentrantLock writing = new ReentrantLock();
    private final List<Consumer<QmpEvent>> listeners = new CopyOnWriteArrayList<>();
    private final BlockingQueue<QmpEvent> events = new ArrayBlockingQueue<>(MAX_WAITING_EVENTS);
    private final AtomicLong eventsLost = new AtomicLong();

    private record Pending(String verb, boolean counted, CompletableFuture<JsonNode> reply) {}

    private QmpConnection(Path socket) throws IOException {
        this.socket = socket;
        this.channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    }

    /**
     * Takes the seat.
     *
     * @throws QmpTimedOut when somebody else holds it, or QEMU's main loop does not turn
     * @throws QmpDisconnected when nobody listens, or what answers is no QEMU with out-of-band
     *     execution
     */
    public static QmpConnection open(Path socket, Duration timeout)
            throws IOException, InterruptedException {
        QmpConnection connection = new QmpConnection(socket);
        boolean open = false;
        try {
            connection.negotiate(timeout);
            open = true;
            return connection;
        } finally {
            if (!open) {
                connection.close();
            }
        }
    }

    private void negotiate(Duration timeout) throws InterruptedException {
        Thread.ofVirtual().name("qmp-read-" + socket).start(this::readAll);
        JsonNode hello = await("connect", greeting, timeout);
        boolean outOfBand = false;
        for (JsonNode capability : hello.path("QMP").path("capabilities")) {
            outOfBand |= capability.asText().equals("oob");
        }
        if (!outOfBand) {
            throw new QmpDisconnected(
                    "connect", socket + " does not greet like a QEMU with out-of-band execution");
        }
        ObjectNode enable = object();
        enable.putArray("enable").add("oob");
        execute("qmp_capabilities", enable, timeout);
        Thread.ofVirtual().name("qmp-events-" + socket).start(this::tellListeners);
    }

    /** An empty object for arguments. */
    ObjectNode object() {
        return json.createObjectNode();
    }

    /**
     * Sends a command and waits for its reply. Package-private: which commands there are is said in
     * the command classes.
     *
     * @return the {@code return} value
     */
    JsonNode execute(String verb, ObjectNode arguments, Duration timeout)
            throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        if (!inBand.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new QmpTimedOut(verb, timeout);
        }
        return send(
                "execute",
                verb,
                arguments,
                true,
                Duration.ofNanos(Math.max(0, end - System.nanoTime())));
    }

    /**
     * As {@link #execute}, past the queue and QEMU's main loop. Only commands that the schema
     * allows it for.
     */
    JsonNode executeOutOfBand(String verb, ObjectNode arguments, Duration timeout)
            throws InterruptedException {
        return send("exec-oob", verb, arguments, false, timeout);
    }

    private JsonNode send(
            String how, String verb, ObjectNode arguments, boolean counted, Duration timeout)
            throws InterruptedException {
        String id = Long.toString(nextId.incrementAndGet());
        Pending waiting = new Pending(verb, counted, new CompletableFuture<>());
        pending.put(id, waiting);
        ObjectNode message = object().put(how, verb);
        message.set("arguments", arguments);
        message.put("id", id);
        boolean written = false;
        try {
            written = write(message, timeout);
        } catch (IOException broken) {
            end("cannot write: " + broken.getMessage());
        }
        if (!written) {
            forget(id, "never sent");
            if (isOpen()) {
                throw new QmpTimedOut(verb, timeout);
            }
        }
        if (ended.isDone()) {
            forget(id, ended.join());
        }
        return await(verb, waiting.reply(), timeout);
    }

    /**
     * Never blocks for long: what may be in flight is a small part of what the socket takes. False:
     * it had no turn.
     */
    private boolean write(ObjectNode message, Duration timeout)
            throws IOException, InterruptedException {
        ByteBuffer bytes = ByteBuffer.wrap((message + "\n").getBytes(StandardCharsets.UTF_8));
        if (!writing.tryLock(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
            return false;
        }
        try {
            while (bytes.hasRemaining()) {
                int ignored = channel.write(bytes);
            }
            return true;
        } finally {
            writing.unlock();
        }
    }

    /**
     * A late reply still finds its entry in {@link #pending}: until then its place in QEMU's queue
     * counts as taken.
     */
    private static JsonNode await(String verb, CompletableFuture<JsonNode> reply, Duration timeout)
            throws InterruptedException {
        try {
            return reply.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            throw new QmpTimedOut(verb, timeout);
        } catch (ExecutionException failed) {
            switch (failed.getCause()) {
                case QmpRefused refused -> throw refused;
                case QmpDisconnected gone ->
                        throw new QmpDisconnected(verb, String.valueOf(gone.getMessage()));
                case null, default -> throw new IllegalStateException(failed);
            }
        }
    }

    /** Ends with {@link #close} or with the connection. */
    @FunctionalInterface
    public interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /** Calls the listener for every later event, one after the other. */
    public Subscription onEvent(Consumer<QmpEvent> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** How many events were dropped because listeners did not keep up. */
    public long eventsLost() {
        return eventsLost.get();
    }

    /** Completes, never exceptionally, with the reason when the connection is over. */
    public CompletionStage<String> ended() {
        return ended.minimalCompletionStage();
    }

    public boolean isOpen() {
        return !ended.isDone();
    }

    /** Leaves the seat; QEMU runs on. */
    @Override
    public void close() {
        end("closed by the agent");
    }

    private void readAll() {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            while (channel.read(buffer.clear()) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    byte next = buffer.get();
                    if (next == '\n') {
                        handle(json.readTree(line.toByteArray()));
                        line.reset();
                    } else if (line.size() < MAX_LINE_BYTES) {
                        line.write(next);
                    } else {
                        end("a line of more than " + MAX_LINE_BYTES + " bytes");
                        return;
                    }
                }
            }
            end("end of stream");
        } catch (JsonProcessingException noJson) {
            end("a line that is no JSON");
        } catch (IOException broken) {
            end(broken.getClass().getSimpleName() + ": " + broken.getMessage());
        } finally {
            end("its reader failed");
        }
    }

    private void handle(JsonNode message) throws IOException {
        if (message.has("QMP")) {
            greeting.complete(message);
        } else if (message.has("event")) {
            if (!events.offer(event(message))) {
                eventsLost.incrementAndGet();
            }
        } else {
            Pending waiting = pending.remove(message.path("id").asText());
            if (waiting == null) {
                // Replies that came too late still have their entry: this is no QEMU that can be
                // trusted with another.
                end("a reply to nothing that was asked");
            } else {
                complete(waiting, message);
            }
        }
    }

    private void complete(Pending waiting, JsonNode message) {
        if (waiting.counted()) {
            inBand.release();
        }
        if (message.has("error")) {
            JsonNode error = message.path("error");
            waiting.reply()
                    .completeExceptionally(
                            new QmpRefused(
                                    waiting.verb(),
                                    error.path("class").asText(),
                                    error.path("desc").asText()));
        } else {
            waiting.reply().complete(message.path("return"));
        }
    }

    private QmpEvent event(JsonNode message) throws IOException {
        JsonNode stamp = message.path("timestamp");
        long seconds = stamp.path("seconds").asLong();
        long microseconds = stamp.path("microseconds").asLong();
        if (seconds < 0
                || seconds > Integer.MAX_VALUE * 100L
                || microseconds < 0
                || microseconds >= 1_000_000) {
            throw new IOException("an event of an impossible time");
        }
        return new QmpEvent(
                message.path("event").asText(),
                message.path("data").isMissingNode() ? object() : message.path("data"),
                Instant.ofEpochSecond(seconds, microseconds * 1000));
    }

    private void tellListeners() {
        try {
            while (isOpen() || !events.isEmpty()) {
                QmpEvent event = events.poll(1, TimeUnit.SECONDS);
                if (event != null) {
                    listeners.forEach(listener -> tell(listener, event));
                }
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(Consumer<QmpEvent> listener, QmpEvent event) {
        try {
            listener.accept(event);
        } catch (RuntimeException bug) {
            LOG.errorf(bug, "QMP %s: a listener failed on %s", socket, event.name());
        }
    }

    private void end(String why) {
        if (ended.complete(why)) {
            try {
                channel.close();
            } catch (IOException failed) {
                LOG.debugf(failed, "QMP %s: close", socket);
            }
            greeting.completeExceptionally(new QmpDisconnected("connect", why));
            List.copyOf(pending.keySet()).forEach(id -> forget(id, why));
        }
    }

    private void forget(String id, String why) {
        Pending waiting = pending.remove(id);
        if (waiting != null) {
            if (waiting.counted()) {
                inBand.release();
            }
            waiting.reply().completeExceptionally(new QmpDisconnected(waiting.verb(), why));
        }
    }
}
