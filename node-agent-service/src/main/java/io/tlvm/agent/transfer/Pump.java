package io.tlvm.agent.transfer;

import com.google.protobuf.ByteString;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Carries bytes between a socket of QEMU and the other agent, both ways: QEMU's return path needs
 * the way back. Blind to what it carries. Memory is bounded by one chunk per direction and the
 * stream's window.
 */
final class Pump {
    /** Largest piece of bytes in a frame. */
    static final int CHUNK = 256 * 1024;

    private static final Logger LOG = Logger.getLogger(Pump.class);

    private final SocketChannel socket;
    private final ByteLine line;
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private final AtomicInteger open = new AtomicInteger(2);

    Pump(SocketChannel socket, ByteLine line) {
        this.socket = socket;
        this.line = line;
    }

    /**
     * Completes, never exceptionally: empty text after an orderly end of both directions, else what
     * broke.
     */
    CompletionStage<String> ended() {
        return ended.minimalCompletionStage();
    }

    void start(String name) {
        Thread.ofVirtual().name(name + "-out").start(() -> direction(this::fromSocket));
        Thread.ofVirtual().name(name + "-in").start(() -> direction(this::toSocket));
    }

    private interface Direction {
        void run() throws IOException, InterruptedException;
    }

    private void direction(Direction work) {
        try {
            work.run();
            if (open.decrementAndGet() == 0) {
                end("");
            }
        } catch (IOException broken) {
            end(broken.getClass().getSimpleName() + ": " + broken.getMessage());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            end("interrupted");
        }
    }

    private void fromSocket() throws IOException, InterruptedException {
        // Direct: the JDK would copy through one of its own otherwise.
        ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
        while (socket.read(buffer.clear()) >= 0) {
            line.data(ByteString.copyFrom(buffer.flip()));
        }
        line.halfClose();
    }

    private void toSocket() throws IOException, InterruptedException {
        Optional<ByteString> bytes = line.next();
        while (bytes.isPresent()) {
            ByteBuffer buffer = bytes.get().asReadOnlyByteBuffer();
            while (buffer.hasRemaining()) {
                int unused = socket.write(buffer);
            }
            bytes = line.next();
        }
        socket.shutdownOutput();
    }

    /** Ends both directions; QEMU sees the end of its stream. */
    void end(String why) {
        if (ended.complete(why)) {
            try {
                socket.close();
            } catch (IOException alreadyBroken) {
                LOG.debug("closing a stream's socket", alreadyBroken);
            }
        }
    }
}
