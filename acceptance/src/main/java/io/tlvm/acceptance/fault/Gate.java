package io.tlvm.acceptance.fault;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** One named gate of one service: hold it, wait until a step stands there, let it go. */
public record Gate(Path socket, String name) {

    public void hold() {
        require(tell("hold " + name), "ok");
    }

    /** True when a step came to the gate in time. */
    public boolean awaitStanding(int seconds) {
        return tell("wait " + name + " " + seconds).equals("standing");
    }

    public void release() {
        require(tell("release " + name), "ok");
    }

    private static void require(String answer, String wanted) {
        if (!answer.equals(wanted)) {
            throw new IllegalStateException("the gate answered: " + answer);
        }
    }

    private String tell(String line) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                BufferedReader in =
                        new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            String answer = in.readLine();
            if (answer == null) {
                throw new IllegalStateException("the gates' socket " + socket + " closed");
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(socket.toString(), e);
        }
    }
}
