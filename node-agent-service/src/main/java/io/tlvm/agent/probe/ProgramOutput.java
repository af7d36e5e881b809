package io.tlvm.agent.probe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What a short-lived program said about itself.
 *
 * @param status its exit status
 * @param text standard output and error, at most {@value #MAX_BYTES} bytes
 */
record ProgramOutput(int status, String text) {
    private static final int MAX_BYTES = 64 * 1024;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /**
     * Runs it without input. A program that takes longer than 10 s or is no program at all makes
     * the host unusable.
     */
    static ProgramOutput of(List<String> command) throws HostUnusable, InterruptedException {
        Process process = null;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            InputStream output = process.getInputStream();
            CompletableFuture<byte[]> read = new CompletableFuture<>();
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try {
                                    read.complete(output.readNBytes(MAX_BYTES));
                                } catch (IOException broken) {
                                    read.completeExceptionally(broken);
                                }
                            });
            byte[] text = read.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            output.close();
            if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new TimeoutException();
            }
            return new ProgramOutput(process.exitValue(), new String(text, StandardCharsets.UTF_8));
        } catch (IOException | ExecutionException noProgram) {
            throw new HostUnusable(
                    command.getFirst(),
                    "cannot be run (" + noProgram.getMessage() + ")",
                    "install it again");
        } catch (TimeoutException slow) {
            throw new HostUnusable(
                    command.getFirst(),
                    "did not answer "
                            + command.subList(1, command.size())
                            + " within "
                            + LIMIT.toSeconds()
                            + " s",
                    "look why it hangs, or install it again");
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    /** The first line, for a message. */
    String firstLine() {
        String line = text.lines().findFirst().orElse("").strip();
        return line.isEmpty() ? "no output" : line.length() > 200 ? line.substring(0, 200) : line;
    }
}
