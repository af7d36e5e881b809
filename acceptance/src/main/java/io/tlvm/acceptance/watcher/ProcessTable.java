package io.tlvm.acceptance.watcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the kernel says about processes; see proc(5). */
public final class ProcessTable {
    private ProcessTable() {}

    /** The command line, arguments separated by blanks; empty when there is no such process. */
    public static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline"))
                    .replace('\0', ' ')
                    .strip();
        } catch (IOException e) {
            return "";
        }
    }

    public static boolean isGone(long pid) {
        return commandLine(pid).isEmpty();
    }

    /** Processes of a program whose command line names a directory. */
    public static List<Long> running(String program, Path directory) {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(
                        pid -> {
                            String line = commandLine(pid);
                            return line.contains(program) && line.contains(directory.toString());
                        })
                .toList();
    }
}
