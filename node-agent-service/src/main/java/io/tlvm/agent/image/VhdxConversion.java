package io.tlvm.agent.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * VHDX to raw by qemu-img, under limits: the file came from outside and its parser has had bugs
 * (QEMU: docs on untrusted images, "qemu-img info" under ulimit).
 *
 * @param deadline after which qemu-img is killed
 * @param addressSpaceBytes of the process
 */
public record VhdxConversion(Duration deadline, long addressSpaceBytes) {
    private static final int LOG_SHOWN = 400;

    /** Ten minutes, 2 GiB. */
    public static final VhdxConversion STANDARD =
            new VhdxConversion(Duration.ofMinutes(10), 2L << 30);

    /**
     * Converts; the result is a sparse file.
     *
     * @throws IOException when qemu-img refuses the file, fails, or takes too long
     */
    void convert(Path vhdx, Path raw) throws IOException, InterruptedException {
        Files.deleteIfExists(raw);
        Path log = Files.createTempFile("tlvm-convert-", ".log");
        boolean converted = false;
        try {
            Process process = start(vhdx, raw, log);
            if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IOException("qemu-img did not convert the image within " + deadline);
            }
            if (process.exitValue() != 0) {
                String said = Files.readString(log, StandardCharsets.ISO_8859_1);
                throw new IOException(
                        "qemu-img ended with status %d: %s"
                                .formatted(
                                        process.exitValue(),
                                        said.substring(0, Math.min(said.length(), LOG_SHOWN))));
            }
            converted = true;
        } finally {
            Files.deleteIfExists(log);
            if (!converted) {
                Files.deleteIfExists(raw);
            }
        }
    }

    private Process start(Path vhdx, Path raw, Path log) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(
                        List.of(
                                "prlimit",
                                "--as=" + addressSpaceBytes,
                                "--core=0",
                                "--",
                                "qemu-img",
                                "convert",
                                "-f",
                                "vhdx",
                                "-O",
                                "raw",
                                vhdx.toString(),
                                raw.toString()));
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL", "C"));
        Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        process.getOutputStream().close();
        return process;
    }
}
