package io.tlvm.acceptance.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The command line of a QEMU that runs, to start the same machine again in other directories: the
 * peer of a measurement must not be a machine that somebody described a second time.
 */
final class Blueprint {
    private final List<String> arguments;
    private final Path run;
    private final Path files;
    private final Path copies;

    private Blueprint(List<String> arguments, Path run, Path files, Path copies) {
        this.arguments = arguments;
        this.run = run;
        this.files = files;
        this.copies = copies;
    }

    /**
     * @param run the process's run directory
     * @param files the directory below which its disks and variables are
     * @param copies where {@link #copyFiles} puts what was found there
     */
    static Blueprint of(long pid, Path run, Path files, Path copies) {
        try {
            List<String> arguments =
                    List.of(
                            Files.readString(
                                            Path.of("/proc/" + pid + "/cmdline"),
                                            StandardCharsets.UTF_8)
                                    .split("\0"));
            return new Blueprint(arguments, run, files, copies);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Copies disks and variables; nothing may run on them. */
    void copyFiles() {
        Pattern named = Pattern.compile("\"(" + Pattern.quote(files.toString()) + "/[^\"]+)\"");
        try {
            for (String argument : arguments) {
                Matcher file = named.matcher(argument);
                while (file.find()) {
                    Path from = Path.of(file.group(1));
                    Path to = copies.resolve(files.relativize(from));
                    Files.createDirectories(to.getParent());
                    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same machine on the copies. */
    List<String> commandLine(Path newRun, boolean incoming) {
        List<String> line = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).equals("-incoming")) {
                i++;
                continue;
            }
            line.add(
                    arguments
                            .get(i)
                            .replace(run.toString(), newRun.toString())
                            .replace(files.toString(), copies.toString()));
        }
        if (incoming) {
            line.addAll(List.of("-incoming", "defer"));
        }
        return line;
    }
}
