package io.tlvm.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process of its own, because a signal ends the whole JVM. */
class InterruptTest {

    @Test
    @Timeout(120)
    void ctrl_c_detaches_and_says_how_to_come_back(@TempDir Path directory) throws Exception {
        try (var cloud = new FakeCloud(directory)) {
            // A process that was started in the background inherits that SIGINT is ignored, and the
            // JVM respects it.
            var words = new ArrayList<>(List.of("env", "--default-signal=INT"));
            words.addAll(Cli.program());
            words.addAll(List.of("vm", "create", "web01", "--image", "debian"));
            var builder = new ProcessBuilder(words);
            builder.environment().putAll(cloud.environment(directory));
            Process process = builder.redirectOutput(directory.resolve("out").toFile()).start();
            try (var err =
                    new BufferedReader(
                            new InputStreamReader(
                                    process.getErrorStream(), StandardCharsets.UTF_8))) {
                var lines = new ArrayList<String>();
                for (String line = err.readLine(); line != null; line = err.readLine()) {
                    lines.add(line);
                    if (line.contains("RUNNING")) {
                        new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                                .start()
                                .waitFor();
                    }
                }
                assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isEqualTo(130);
                assertThat(lines)
                        .anySatisfy(
                                line ->
                                        assertThat(line)
                                                .contains("detached")
                                                .contains(FakeCloud.OPERATION));
                assertThat(lines)
                        .anySatisfy(
                                line -> assertThat(line).contains("tlvm op wait compute-0d6f6a6e"));
            } finally {
                process.destroyForcibly();
            }
        }
        assertThat(directory.resolve("out")).isEmptyFile();
    }
}
