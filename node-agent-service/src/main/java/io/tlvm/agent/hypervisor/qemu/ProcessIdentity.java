package io.tlvm.agent.hypervisor.qemu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One process and no later one with the same number.
 *
 * @param pid process id
 * @param startTicks clock ticks from boot to the start of the process: field 22 of {@code
 *     /proc/PID/stat}, proc(5)
 */
public record ProcessIdentity(long pid, long startTicks) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,18}) (\\d{1,18})\\n?");

    public ProcessIdentity {
        if (pid <= 0 || startTicks < 0) {
            throw new IllegalArgumentException("not a process: " + pid + " " + startTicks);
        }
    }

    /** What {@code /proc} says about the process now. */
    public enum Condition {
        RUNNING,
        /** Stopped by a signal or a tracer: it exists and does nothing. */
        STOPPED,
        /** Gone, or a zombie that nobody reaped yet. */
        ENDED
    }

    public static Optional<ProcessIdentity> of(long pid) {
        return stat(pid).map(stat -> new ProcessIdentity(pid, stat.startTicks()));
    }

    /** The process that runs this code. */
    public static ProcessIdentity self() {
        return of(ProcessHandle.current().pid())
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "/proc is not mounted, or hides processes"));
    }

    /** Reads a {@code *.pid} file of a run directory; empty when it is not there (yet). */
    public static Optional<ProcessIdentity> read(Path file) throws IOException {
        Optional<String> text = SmallFile.read(file);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Matcher matcher = TEXT.matcher(text.get());
        if (!matcher.matches()) {
            throw new IOException(file + " does not hold a pid and a start time");
        }
        return Optional.of(
                new ProcessIdentity(
                        Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))));
    }

    /** The text of a {@code *.pid} file. */
    public String toText() {
        return pid + " " + startTicks + "\n";
    }

    public Condition condition() {
        Optional<Stat> stat = stat(pid);
        if (stat.isEmpty() || stat.get().startTicks() != startTicks) {
            return Condition.ENDED;
        }
        return switch (stat.get().state()) {
            case 'Z', 'X' -> Condition.ENDED;
            case 'T', 't' -> Condition.STOPPED;
            default -> Condition.RUNNING;
        };
    }

    public boolean isAlive() {
        return condition() != Condition.ENDED;
    }

    /** Sends TERM, or KILL when forced, to this process and to no later one with its number. */
    void signal(boolean force) {
        if (!isAlive()) {
            return;
        }
        ProcessHandle.of(pid)
                .ifPresent(
                        handle -> {
                            // The handle remembers the start time it saw: a number reused after
                            // this line is not signalled.
                            if (isAlive()) {
                                boolean ignored =
                                        force ? handle.destroyForcibly() : handle.destroy();
                            }
                        });
    }

    private record Stat(char state, long startTicks) {}

    private static Optional<Stat> stat(long pid) {
        String text;
        try {
            text =
                    Files.readString(
                            Path.of("/proc", Long.toString(pid), "stat"),
                            StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return Optional.empty();
        }
        // The command name is in parentheses and may hold blanks and parentheses itself: count from
        // the last one.
        String[] fields = text.substring(text.lastIndexOf(')') + 1).trim().split(" ", 21);
        return fields.length < 21
                ? Optional.empty()
                : Optional.of(new Stat(fields[0].charAt(0), Long.parseLong(fields[19])));
    }
}
