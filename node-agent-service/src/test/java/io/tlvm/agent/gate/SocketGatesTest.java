package io.tlvm.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.tlvm.agent.gate.Gates.Point;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

class SocketGatesTest {
    private Path directory;
    private SocketGates gates;
    private SocketChannel test;
    private BufferedReader answers;

    @BeforeEach
    void open() throws IOException {
        directory = Files.createTempDirectory(Path.of("/tmp"), "tlvm-gate-");
        Path socket = directory.resolve("g.sock");
        gates = new SocketGates(socket);
        test = SocketChannel.open(StandardProtocolFamily.UNIX);
        test.connect(UnixDomainSocketAddress.of(socket));
        answers = new BufferedReader(Channels.newReader(test, StandardCharsets.US_ASCII));
    }

    @AfterEach
    void close() throws IOException {
        test.close();
        gates.close();
        Files.deleteIfExists(directory.resolve("g.sock"));
        Files.delete(directory);
    }

    private String say(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            test.write(bytes);
        }
        return answers.readLine();
    }

    @Test
    void whoever_comes_to_a_held_gate_stays_until_it_is_released() throws Exception {
        CountDownLatch passed = new CountDownLatch(1);
        assertThat(say("hold agent.ADOPT")).isEqualTo("ok");
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                gates.pass(Point.ADOPT);
                                passed.countDown();
                            } catch (InterruptedException stop) {
                                Thread.currentThread().interrupt();
                            }
                        });

        assertThat(say("wait agent.ADOPT 10")).isEqualTo("standing");
        assertThat(passed.getCount()).isOne();
        assertThat(say("release agent.ADOPT")).isEqualTo("ok");
        assertThat(passed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void other_gates_are_open() throws Exception {
        assertThat(say("hold agent.ADOPT")).isEqualTo("ok");

        gates.pass(Point.PREPARE);
    }

    @Test
    void a_name_that_is_no_gate_is_answered_with_those_there_are() throws Exception {
        assertThat(say("hold agent.NOWHERE")).startsWith("error").contains("agent.PRE_SWITCHOVER");
        assertThat(say("lift agent.ADOPT")).startsWith("error");
    }
}
