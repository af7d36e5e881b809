package io.tlvm.vm.gate;

import org.jboss.logging.Logger;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Lets a test work the gates over a unix socket, one command per line: {@code hold NAME}, {@code
 * release NAME}, {@code wait NAME [SECONDS]}. The answer is a line: {@code ok}, {@code standing},
 * {@code timeout} or {@code error …}.
 */
public final class GateSocket implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(GateSocket.class);
    private static final Duration WAIT_MAX = Duration.ofMinutes(10);

    private final Path path;
    private final HeldGates gates;
    private final ServerSocketChannel server;

    /** Listens at {@code path}; the directory decides who can reach it. */
    public GateSocket(Path path, HeldGates gates) {
        this.path = path;
        this.gates = gates;
        try {
            Files.deleteIfExists(path);
            server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot listen at the gates' socket " + path, failed);
        }
        Thread.ofVirtual().name("gates").start(this::accept);
        LOG.warnf(
                "TEST GATES ARE ON socket=%s: tests can hold this service; never in production",
                path);
    }

    private void accept() {
        try {
            while (server.isOpen()) {
                SocketChannel test = server.accept();
                Thread.ofVirtual().name("gate-client").start(() -> serve(test));
            }
        } catch (AsynchronousCloseException closed) {
            LOG.debug("gates closed");
        } catch (IOException broken) {
            LOG.warnf("gates broken: %s", broken);
        }
    }

    private void serve(SocketChannel test) {
        try (test;
                var lines =
                        new BufferedReader(Channels.newReader(test, StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                var answer =
                        ByteBuffer.wrap((answer(line) + "\n").getBytes(StandardCharsets.US_ASCII));
                while (answer.hasRemaining()) {
                    test.write(answer);
                }
            }
        } catch (IOException gone) {
            LOG.debugf("test left: %s", gone);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private String answer(String line) throws InterruptedException {
        String[] words = line.trim().split(" +");
        if (words.length < 2) {
            return "error: hold NAME, release NAME, wait NAME [SECONDS]";
        }
        return switch (words[0]) {
            case "hold" -> {
                gates.hold(words[1]);
                yield "ok";
            }
            case "release" -> {
                gates.release(words[1]);
                yield "ok";
            }
            case "wait" -> gates.awaitStanding(words[1], patience(words)) ? "standing" : "timeout";
            default -> "error: unknown command " + words[0];
        };
    }

    private static Duration patience(String[] words) {
        if (words.length < 3 || !words[2].matches("[0-9]{1,4}")) {
            return WAIT_MAX;
        }
        return Duration.ofSeconds(Math.min(Long.parseLong(words[2]), WAIT_MAX.toSeconds()));
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException failed) {
            LOG.warnf("cannot remove the gates' socket: %s", failed);
        }
    }
}
