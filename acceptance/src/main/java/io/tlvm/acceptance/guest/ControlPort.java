package io.tlvm.acceptance.guest;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The control port of the project's guest image: one line in, answer lines with the prefix {@code
 * "= "} and a last line {@code ". <exit status>"} out. See deploy/guest-image/README.md.
 */
public final class ControlPort implements AutoCloseable {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

    private final SocketChannel channel;
    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocate(8192);
    private final StringBuilder pending = new StringBuilder();

    private ControlPort(SocketChannel channel, Selector selector) {
        this.channel = channel;
        this.selector = selector;
    }

    /** What the guest answered. */
    public record Answer(int status, List<String> lines) {
        public String text() {
            return String.join("\n", lines);
        }
    }

    /** Connects and waits until the guest's control program answers. */
    public static ControlPort connect(Path socket, Duration limit) {
        Instant end = Instant.now().plus(limit);
        while (true) {
            ControlPort port = open(socket);
            if (port != null) {
                try {
                    if (port.greets(end)) {
                        return port;
                    }
                } catch (UncheckedIOException gone) {
                    // The process that listened has ended: its successor listens on the same path.
                }
                port.close();
            }
            if (Instant.now().isAfter(end)) {
                throw new IllegalStateException(
                        "no guest answers on " + socket + " after " + limit);
            }
            pauseBriefly();
        }
    }

    /** Null while nobody listens: QEMU binds the socket before it listens (unix(7)). */
    private static @Nullable ControlPort open(Path socket) {
        try {
            SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
            channel.configureBlocking(false);
            Selector selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
            return new ControlPort(channel, selector);
        } catch (SocketException notYet) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A fresh word tells this answer from one that an earlier client left behind. */
    private boolean greets(Instant end) {
        while (Instant.now().isBefore(end)) {
            String word = UUID.randomUUID().toString();
            send("ping " + word);
            Instant soon = Instant.now().plusSeconds(3);
            String line;
            while ((line = line(soon)) != null) {
                if (line.equals("= pong " + word)) {
                    return line(soon) != null;
                }
            }
        }
        return false;
    }

    /** Asks and requires status 0. */
    public String ask(String request) {
        Answer answer = tell(request);
        if (answer.status() != 0) {
            throw new IllegalStateException(
                    "the guest answered '"
                            + request
                            + "' with status "
                            + answer.status()
                            + ": "
                            + answer.text());
        }
        return answer.text();
    }

    /** Asks and returns whatever the guest says. */
    public Answer tell(String request) {
        send(request);
        Instant end = Instant.now().plus(ANSWER_LIMIT);
        List<String> lines = new ArrayList<>();
        while (true) {
            String line = line(end);
            if (line == null) {
                throw new IllegalStateException(
                        "the guest did not answer '" + request + "' within " + ANSWER_LIMIT);
            }
            if (line.startsWith("= ")) {
                lines.add(line.substring(2));
            } else if (line.startsWith(". ")) {
                return new Answer(Integer.parseInt(line.substring(2).strip()), lines);
            }
        }
    }

    private void send(String request) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(request + "\n");
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next line, or null when none came in time or the other side closed. */
    private @Nullable String line(Instant end) {
        try {
            while (true) {
                int newline = pending.indexOf("\n");
                if (newline >= 0) {
                    String line = pending.substring(0, newline);
                    pending.delete(0, newline + 1);
                    return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
                }
                long left = Duration.between(Instant.now(), end).toMillis();
                if (left <= 0 || selector.select(left) == 0) {
                    return null;
                }
                selector.selectedKeys().clear();
                buffer.clear();
                if (channel.read(buffer) < 0) {
                    return null;
                }
                pending.append(StandardCharsets.UTF_8.decode(buffer.flip()));
            }
        } catch (IOException e) {
            return null;
        }
    }

    private static void pauseBriefly() {
        java.util.concurrent.locks.LockSupport.parkNanos(200_000_000);
    }

    @Override
    public void close() {
        try {
            selector.close();
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
