package io.tlvm.acceptance.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Both series side by side, and what the machine was like while they were measured. */
final class Report {
    private static final int SYNCS = 50;

    private final Path directory;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder machine = new StringBuilder();

    /**
     * @param directory on the medium that the product writes to
     */
    Report(Path directory) {
        this.directory = directory;
        text.append(
                "%-34s %9s %9s %9s %9s%n".formatted("milliseconds", "min", "median", "max", "1st"));
    }

    void cluster(List<Hop> hops) {
        lines("tlvm", hops);
        line("tlvm  pre-switchover to continue", hops, hop -> hop.toContinue().orElseThrow());
        line(
                "tlvm  added by the control plane",
                hops,
                hop -> hop.toContinue().orElseThrow().plus(hop.toCont()));
    }

    void plain(List<Hop> hops) {
        lines("plain", hops);
    }

    private void lines(String who, List<Hop> hops) {
        String form = "%-5s ".formatted(who);
        line(form + "total", hops, Hop::total);
        line(form + "copy", hops, Hop::copy);
        line(form + "pause seen by the guest", hops, Hop::pause);
        line(form + "downtime as QEMU counts", hops, Hop::qemuDowntime);
        line(form + "completed to cont", hops, Hop::toCont);
        note(who);
    }

    private void line(String name, List<Hop> hops, Function<Hop, Duration> value) {
        text.append(
                "%-34s %s%n"
                        .formatted(name, Figures.of(hops.stream().map(value).toList()).columns()));
    }

    private void note(String after) {
        machine.append("%-34s %s%n".formatted("fsync of 4 KiB after " + after, syncs().columns()));
        machine.append("load average after %s: %s%n".formatted(after, load()));
    }

    private Figures syncs() {
        Path file = directory.resolve("sync-probe");
        List<Duration> times = new ArrayList<>();
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < SYNCS; i++) {
                channel.write(ByteBuffer.allocate(4096));
                long before = System.nanoTime();
                channel.force(true);
                times.add(Duration.ofNanos(System.nanoTime() - before));
            }
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Figures.of(times);
    }

    private static String load() {
        try {
            return Files.readString(Path.of("/proc/loadavg")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String text() {
        return text.toString()
                + machine
                + Runtime.getRuntime().availableProcessors()
                + " processors\n";
    }
}
