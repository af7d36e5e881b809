package io.tlvm.agent.gate;

import org.jboss.logging.Logger;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * Gates that a test works through a unix socket, one command a line, each answered with one line:
 *
 * <pre>
 * hold NAME      whoever comes to the gate stays there            -> ok
 * release NAME   opens it, whoever is there goes on               -> ok
 * wait NAME [S]  waits, S seconds at most, until somebody is there -> standing, or timeout
 * </pre>
 *
 * A test that dies leaves no agent stuck: a gate holds for at most {@link #HELD_MAX}.
 */
public final class SocketGates implements Gates, AutoCloseable {
    private static final Duration HELD_MAX = Duration.ofMinutes(3);
    private static final Duration WAIT_MAX = Duration.ofSeconds(60);
    private static final int LINE_MAX = 200;
    private static final Logger LOG = Logger.getLogger(SocketGates.class);

    private final Set<String> names =
            Arrays.stream(Point.values())
                    .map(Point::gateName)
                    .collect(Collectors.toUnmodifiableSet());
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<String> held = new HashSet<>();
    private final Map<String, Integer> waiting = new HashMap<>();
    private final ServerSocketChannel server;

    /**
     * @throws IOException when the socket cannot be bound
     */
    public SocketGates(Path socket) throws IOException {
        Files.deleteIfExists(socket);
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        Thread.ofVirtual().name("gates").start(this::accept);
        LOG.warnf("test gates are on at %s: whoever may write to it can hold migrations", socket);
    }

    @Override
    public void pass(Point point) throws InterruptedException {
        String name = point.gateName();
        long left = HELD_MAX.toNanos();
        lock.lockInterruptibly();
        try {
            waiting.merge(name, 1, Integer::sum);
            changed.signalAll();
            while (held.contains(name) && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            waiting.merge(name, -1, Integer::sum);
            lock.unlock();
        }
    }

    private void accept() {
        try {
            while (server.isOpen()) {
                SocketChannel client = server.accept();
                Thread.ofVirtual().name("gate-client").start(() -> serve(client));
            }
        } catch (ClosedChannelException closed) {
            LOG.debug("gates closed");
        } catch (IOException broken) {
            LOG.error("the gates' socket broke", broken);
        }
    }

    private void serve(SocketChannel client) {
        try (client;
                BufferedReader lines =
                        new BufferedReader(Channels.newReader(client, StandardCharsets.US_ASCII))) {
            String line = lines.readLine();
            while (line != null && line.length() <= LINE_MAX) {
                ByteBuffer answer =
                        ByteBuffer.wrap(
                                (obey(line.strip()) + "\n").getBytes(StandardCharsets.US_ASCII));
                while (answer.hasRemaining()) {
                    client.write(answer);
                }
                line = lines.readLine();
            }
        } catch (IOException | UncheckedIOException gone) {
            LOG.debug("a client of the gates left", gone);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private String obey(String line) throws InterruptedException {
        String[] words = line.split(" +");
        String name = words.length < 2 ? "" : words[1];
        if (!names.contains(name)) {
            return "error: no gate '" + name + "', there are " + String.join(" ", names);
        }
        lock.lockInterruptibly();
        try {
            return switch (words[0]) {
                case "hold" -> {
                    held.add(name);
                    yield "ok";
                }
                case "release" -> {
                    held.remove(name);
                    changed.signalAll();
                    yield "ok";
                }
                case "wait" -> awaitSomebody(name, patience(words)) ? "standing" : "timeout";
                default -> "error: '" + words[0] + "' is none of hold, release, wait";
            };
        } finally {
            lock.unlock();
        }
    }

    private static Duration patience(String[] words) {
        return words.length > 2 && words[2].matches("[0-9]{1,3}")
                ? Duration.ofSeconds(Long.parseLong(words[2]))
                : WAIT_MAX;
    }

    private boolean awaitSomebody(String name, Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        while (waiting.getOrDefault(name, 0) == 0 || !held.contains(name)) {
            if (left <= 0) {
                return false;
            }
            left = changed.awaitNanos(left);
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        server.close();
        lock.lock();
        try {
            held.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
