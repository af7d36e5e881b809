package io.tlvm.foundation.gate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

@SuppressWarnings("NullAway.Init") // JUnit fills these fields.
class GateSocketTest {
    @TempDir Path directory;

    private HeldGates gates;
    private GateSocket socket;
    private SocketChannel test;
    private BufferedReader answers;

    @BeforeEach
    void open() throws IOException {
        gates = new HeldGates(Duration.ofMinutes(1));
        socket = new GateSocket(path(), gates);
        test = SocketChannel.open(StandardProtocolFamily.UNIX);
        test.connect(UnixDomainSocketAddress.of(path()));
        answers = new BufferedReader(Channels.newReader(test, StandardCharsets.US_ASCII));
    }

    @AfterEach
    void close() throws IOException {
        gates.releaseAll();
        test.close();
        socket.close();
    }

    private Path path() {
        return directory.resolve("g.sock");
    }

    private String say(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            test.write(bytes);
        }
        return String.valueOf(answers.readLine());
    }

    private CountDownLatch passing(String name) {
        var passed = new CountDownLatch(1);
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                gates.pass(name);
                                passed.countDown();
                            } catch (InterruptedException stop) {
                                Thread.currentThread().interrupt();
                            }
                        });
        return passed;
    }

    @Test
    void whoever_comes_to_a_held_gate_stays_until_it_is_released() throws Exception {
        assertThat(say("hold agent.ADOPT")).isEqualTo("ok");
        CountDownLatch passed = passing("agent.ADOPT");

        assertThat(say("wait agent.ADOPT 10")).isEqualTo("standing");
        assertThat(passed.getCount()).isOne();
        assertThat(say("release agent.ADOPT")).isEqualTo("ok");
        assertThat(passed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void other_gates_are_open_and_nobody_stands_there() throws Exception {
        assertThat(say("hold agent.ADOPT")).isEqualTo("ok");

        gates.pass("agent.PREPARE");
        assertThat(say("wait agent.PREPARE 0")).isEqualTo("timeout");
    }

    @Test
    void a_gate_opens_by_itself_when_the_test_forgot_it() throws Exception {
        var forgetful = new HeldGates(Duration.ofMillis(50));
        forgetful.hold("vm.RUN.before");

        forgetful.pass("vm.RUN.before");

        assertThat(forgetful.awaitStanding("vm.RUN.before", Duration.ZERO)).isFalse();
    }

    @Test
    void what_is_no_command_is_answered_with_an_error() throws Exception {
        assertThat(say("lift agent.ADOPT")).startsWith("error");
        assertThat(say("hold")).startsWith("error");
    }

    @Test
    void only_the_owner_can_connect_and_nothing_is_left_after_the_end() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
                .isEqualTo("rw-------");

        socket.close();

        try (var left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void a_socket_that_a_killed_service_left_is_replaced() throws Exception {
        Path left = directory.resolve("left.sock");
        Files.createFile(left);
        Files.createFile(Files.createDirectory(directory.resolve("left.sock.d")).resolve("s"));

        try (var again = new GateSocket(left, gates);
                var client = SocketChannel.open(UnixDomainSocketAddress.of(left))) {
            assertThat(client.isConnected()).isTrue();
        }
    }
}
