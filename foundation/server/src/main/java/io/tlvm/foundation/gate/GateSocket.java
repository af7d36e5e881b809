package io.tlvm.foundation.gate;

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
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;

/**
 * Lets a test work the gates over a unix socket, one command a line, each answered with one line:
 *
 * <pre>
 * hold NAME            whoever comes to the gate stays there       -> ok
 * release NAME         opens it, whoever is there goes on          -> ok
 * wait NAME [SECONDS]  waits until somebody stands there           -> standing, or timeout
 * </pre>
 *
 * Anything else is answered with {@code error: …}.
 */
public final class GateSocket implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(GateSocket.class);
    private static final Duration WAIT_MAX = Duration.ofMinutes(10);
    private static final int LINE_MAX = 200;

    private final Path path;
    private final HeldGates gates;
    private final ServerSocketChannel server;

    /**
     * Listens at {@code path}; only this process' user, and root, can connect.
     *
     * @throws UncheckedIOException when the socket cannot be made
     */
    public GateSocket(Path path, HeldGates gates) {
        this.path = path.toAbsolutePath();
        this.gates = gates;
        try {
            server = listen(this.path);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot listen at the gates' socket " + path, failed);
        }
        Thread.ofVirtual().name("gates").start(this::accept);
        LOG.warnf(
                "TEST GATES ARE ON socket=%s: tests can hold this service; never in production",
                path);
    }

    /**
     * A bound socket has the mode that the umask leaves (unix(7)), and a connection made before a
     * chmod stays. So it is bound in a directory nobody else can enter, and appears with its mode.
     */
    private static ServerSocketChannel listen(Path path) throws IOException {
        Path hidden = path.resolveSibling(path.getFileName() + ".d");
        Path bound = hidden.resolve("s");
        Files.deleteIfExists(bound); // of a process that ended in the middle
        Files.deleteIfExists(hidden);
        Files.createDirectory(
                hidden,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listening.bind(UnixDomainSocketAddress.of(bound));
            Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString("rw-------"));
            Files.move(bound, path, StandardCopyOption.ATOMIC_MOVE);
            Files.delete(hidden);
            return listening;
        } catch (IOException failed) {
            listening.close();
            throw failed;
        }
    }

    private void accept() {
        try {
            while (server.isOpen()) {
                SocketChannel test = server.accept();
                Thread.ofVirtual().name("gate-client").start(() -> serve(test));
            }
        } catch (ClosedChannelException closed) {
            LOG.debug("gates closed");
        } catch (IOException broken) {
            LOG.warnf("gates broken: %s", broken);
        }
    }

    private void serve(SocketChannel test) {
        try (test;
                var lines =
                        new BufferedReader(Channels.newReader(test, StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine();
                    line != null && line.length() <= LINE_MAX;
                    line = lines.readLine()) {
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
