package io.tlvm.agent.migration;

import io.tlvm.foundation.file.FileOwner;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A unix socket that the agent listens on for exactly one connection of a machine's QEMU. */
final class StreamSocket implements AutoCloseable {
    private final Path path;
    private final ServerSocketChannel server;

    private StreamSocket(Path path, ServerSocketChannel server) {
        this.path = path;
        this.server = server;
    }

    /**
     * @param owner the user that QEMU runs as, who must be able to connect
     */
    static StreamSocket bind(Path path, FileOwner owner) throws IOException {
        Files.deleteIfExists(path);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        StreamSocket socket = new StreamSocket(path, server);
        boolean ready = false;
        try {
            server.bind(UnixDomainSocketAddress.of(path), 1);
            owner.take(path, "rw-------");
            ready = true;
            return socket;
        } finally {
            if (!ready) {
                socket.close();
            }
        }
    }

    Path path() {
        return path;
    }

    /**
     * @throws IOException when nobody connects in time
     */
    SocketChannel accept(Duration limit) throws IOException {
        CountDownLatch accepted = new CountDownLatch(1);
        Thread.ofVirtual().name("stream-limit").start(() -> closeUnless(accepted, limit));
        try {
            return server.accept();
        } catch (AsynchronousCloseException late) {
            throw new IOException(
                    "QEMU did not connect to " + path + " within " + limit.toSeconds() + " s",
                    late);
        } finally {
            accepted.countDown();
        }
    }

    /** A blocking accept has no time-out of its own; closing the channel ends it. */
    private void closeUnless(CountDownLatch accepted, Duration limit) {
        try {
            if (!accepted.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                server.close();
            }
        } catch (IOException unusable) {
            throw new java.io.UncheckedIOException(unusable);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(path);
    }
}
