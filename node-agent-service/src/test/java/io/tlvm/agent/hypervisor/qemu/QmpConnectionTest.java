package io.tlvm.agent.hypervisor.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tlvm.agent.hypervisor.qemu.QmpException.QmpDisconnected;
import io.tlvm.agent.hypervisor.qemu.QmpException.QmpNotConfirmed;
import io.tlvm.agent.hypervisor.qemu.QmpException.QmpRefused;
import io.tlvm.agent.hypervisor.qemu.QmpException.QmpTimedOut;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The other end of the socket is written here line by line: it says what a QEMU that a guest took
 * over might say.
 */
class QmpConnectionTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final String GREETING = "{\"QMP\":{\"version\":{},\"capabilities\":[\"oob\"]}}";

    private Path socket;
    private ServerSocketChannel server;

    @BeforeEach
    void listen(@TempDir Path directory) throws IOException {
        socket = directory.resolve("qmp");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    @Test
    void command_gets_the_reply_with_its_number() throws Exception {
        play(
                peer -> {
                    peer.greet();
                    peer.receive();
                    peer.say(
                            "{\"event\":\"STOP\",\"timestamp\":{\"seconds\":1,\"microseconds\":2}}");
                    peer.say(
                            "{\"return\":{\"status\":\"running\",\"running\":true,\"singlestep\":false},\"id\":\"2\"}");
                });
        try (QmpConnection connection = QmpConnection.open(socket, LONG)) {
            assertThat(new QmpCommands(connection, LONG).status()).isEqualTo(RunState.RUNNING);
        }
    }

    @Test
    void reply_to_nothing_ends_the_connection() throws Exception {
        play(
                peer -> {
                    peer.greet();
                    peer.receive();
                    peer.say("{\"return\":{\"status\":\"paused\"},\"id\":\"77\"}");
                    peer.receive();
                });
        try (QmpConnection connection = QmpConnection.open(socket, LONG)) {
            assertThatThrownBy(() -> new QmpCommands(connection, LONG).status())
                    .isInstanceOf(QmpDisconnected.class)
                    .hasMessageContaining("nothing that was asked");
        }
    }

    @Test
    void event_with_an_impossible_time_ends_the_connection() throws Exception {
        play(
                peer -> {
                    peer.greet();
                    peer.receive();
                    peer.say(
                            "{\"event\":\"STOP\",\"timestamp\":{\"seconds\":9223372036854775807,\"microseconds\":2}}");
                    peer.receive();
                });
        try (QmpConnection connection = QmpConnection.open(socket, LONG)) {
            assertThatThrownBy(() -> new QmpCommands(connection, LONG).status())
                    .isInstanceOf(QmpDisconnected.class);
        }
    }

    @Test
    void refusal_carries_class_and_description() throws Exception {
        play(
                peer -> {
                    peer.greet();
                    peer.receive();
                    peer.say(
                            "{\"error\":{\"class\":\"GenericError\",\"desc\":\"no"
                                    + " lock\"},\"id\":\"2\"}");
                });
        try (QmpConnection connection = QmpConnection.open(socket, LONG)) {
            assertThatThrownBy(() -> new QmpCommands(connection, LONG).cont())
                    .isInstanceOfSatisfying(
                            QmpRefused.class,
                            refused -> {
                                assertThat(refused.errorClass()).isEqualTo("GenericError");
                                assertThat(refused.description()).isEqualTo("no lock");
                            });
        }
    }

    @Test
    void late_reply_does_not_answer_the_next_command() throws Exception {
        CompletableFuture<Void> late = new CompletableFuture<>();
        play(
                peer -> {
                    peer.greet();
                    peer.receive();
                    late.join();
                    peer.say("{\"return\":{\"status\":\"paused\"},\"id\":\"2\"}");
                    peer.receive();
                    peer.say("{\"return\":{\"status\":\"running\"},\"id\":\"3\"}");
                });
        try (QmpConnection connection = QmpConnection.open(socket, LONG)) {
            assertThatThrownBy(() -> new QmpCommands(connection, SHORT).status())
                    .isInstanceOf(QmpTimedOut.class);
            late.complete(null);
            assertThat(new QmpCommands(connection, LONG).status()).isEqualTo(RunState.RUNNING);
        }
    }

    @Test
    void unanswered_commands_do_not_fill_the_queue_that_out_of_band_ones_pass_through()
            throws Exception {
        play(
                peer -> {
                    peer.greet();
                    for (int queued = 0; queued < 7; queued++) {
                        peer.receive();
                    }
                    assertThat(peer.receive()).contains("\"exec-oob\":\"yank\"");
                    peer.say("{\"return\":{},\"id\":\"9\"}");
                });
        try (QmpConnection connection = QmpConnection.open(socket, LONG)) {
            QmpCommands stuck = new QmpCommands(connection, Duration.ofMillis(20));
            for (int asked = 0; asked < 10; asked++) {
                assertThatThrownBy(stuck::status).isInstanceOf(QmpTimedOut.class);
            }
            new QmpCommands(connection, LONG).migration().yank();
        }
    }

    @Test
    void end_of_stream_fails_what_waits_and_what_comes() throws Exception {
        play(
                peer -> {
                    peer.greet();
                    peer.receive();
                });
        try (QmpConnection connection = QmpConnection.open(socket, LONG)) {
            QmpCommands commands = new QmpCommands(connection, LONG);
            assertThatThrownBy(commands::status)
                    .isInstanceOf(QmpDisconnected.class)
                    .hasMessageContaining("query-status");
            assertThat(connection.isOpen()).isFalse();
            assertThatThrownBy(commands::cont).isInstanceOf(QmpDisconnected.class);
        }
    }

    @Test
    void endless_line_ends_the_connection() throws Exception {
        play(
                peer -> {
                    peer.greet();
                    peer.receive();
                    byte[] flood = "x".repeat(64 * 1024).getBytes(StandardCharsets.US_ASCII);
                    for (int sent = 0; sent <= QmpConnection.MAX_LINE_BYTES; sent += flood.length) {
                        peer.out.write(flood);
                    }
                });
        try (QmpConnection connection = QmpConnection.open(socket, LONG)) {
            assertThatThrownBy(() -> new QmpCommands(connection, LONG).status())
                    .isInstanceOf(QmpDisconnected.class)
                    .hasMessageContaining("a line of more than");
        }
    }

    @Test
    void deep_nesting_ends_the_connection() throws Exception {
        play(
                peer -> {
                    peer.greet();
                    peer.receive();
                    peer.say("[".repeat(5000));
                });
        try (QmpConnection connection = QmpConnection.open(socket, LONG)) {
            assertThatThrownBy(() -> new QmpCommands(connection, LONG).status())
                    .isInstanceOf(QmpDisconnected.class)
                    .hasMessageContaining("no JSON");
        }
    }

    @Test
    void unknown_state_is_not_guessed() throws Exception {
        play(
                peer -> {
                    peer.greet();
                    peer.receive();
                    peer.say("{\"return\":{\"status\":\"dancing\"},\"id\":\"2\"}");
                });
        try (QmpConnection connection = QmpConnection.open(socket, LONG)) {
            assertThatThrownBy(() -> new QmpCommands(connection, LONG).status())
                    .isInstanceOf(QmpNotConfirmed.class)
                    .hasMessageContaining("dancing");
        }
    }

    @Test
    void peer_without_a_greeting_is_given_up() {
        // Nobody accepts: the kernel completes the connection, as for the second client of a
        // monitor.
        assertThatThrownBy(() -> QmpConnection.open(socket, SHORT)).isInstanceOf(QmpTimedOut.class);
    }

    @Test
    void nobody_listening_is_a_disconnection() throws Exception {
        server.close();

        assertThatThrownBy(() -> QmpConnection.open(socket, LONG))
                .isInstanceOf(QmpDisconnected.class);
    }

    @Test
    void peer_without_out_of_band_execution_is_refused() throws Exception {
        play(peer -> peer.say("{\"QMP\":{\"version\":{},\"capabilities\":[]}}"));

        assertThatThrownBy(() -> QmpConnection.open(socket, LONG))
                .isInstanceOf(QmpDisconnected.class);
    }

    @Test
    void listener_may_send_commands_itself() throws Exception {
        CompletableFuture<RunState> seen = new CompletableFuture<>();
        play(
                peer -> {
                    peer.greet();
                    peer.receive();
                    peer.say(
                            "{\"event\":\"RESUME\",\"timestamp\":{\"seconds\":1,\"microseconds\":2}}");
                    peer.receive();
                    peer.say("{\"return\":{\"status\":\"running\"},\"id\":\"3\"}");
                    peer.say("{\"return\":{},\"id\":\"2\"}");
                    peer.receive();
                });
        try (QmpConnection connection = QmpConnection.open(socket, LONG)) {
            QmpCommands commands = new QmpCommands(connection, LONG);
            connection.onEvent(
                    event -> {
                        try {
                            seen.complete(commands.status());
                        } catch (InterruptedException stop) {
                            seen.completeExceptionally(stop);
                        }
                    });
            commands.cont();
            assertThat(seen.get(10, TimeUnit.SECONDS)).isEqualTo(RunState.RUNNING);
        }
    }

    private interface Part {
        void play(Peer peer) throws IOException;
    }

    private void play(Part part) {
        Thread.ofVirtual()
                .start(
                        () -> {
                            try (SocketChannel channel = server.accept()) {
                                part.play(new Peer(channel));
                            } catch (IOException closed) {
                                // The connection under test was faster.
                            }
                        });
    }

    private static final class Peer {
        final OutputStream out;
        private final BufferedReader in;

        Peer(SocketChannel channel) {
            out = Channels.newOutputStream(channel);
            in = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        }

        void greet() throws IOException {
            say(GREETING);
            receive();
            say("{\"return\":{},\"id\":\"1\"}");
        }

        String receive() throws IOException {
            return String.valueOf(in.readLine());
        }

        void say(String line) throws IOException {
            out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }
}
