package io.tlvm.agent.hypervisor.qemu;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Starts guardians. A guardian is the parent of one VM's swtpm and QEMU (see {@code
 * src/main/c/guardian.c}); it outlives the agent, and they do not outlive it.
 *
 * <p>Where the agent is a service of systemd, its unit needs {@code KillMode=process}, and {@code
 * CAP_KILL} in its bounding set: without that capability the kernel does not let a dying guardian
 * take along children of another user.
 */
public final class Guardian {
    private final Path binary;

    /**
     * @param binary the compiled guardian
     */
    public Guardian(Path binary) {
        if (!binary.isAbsolute() || !Files.isExecutable(binary)) {
            throw new IllegalArgumentException(
                    "guardian "
                            + binary
                            + " is not an executable file: build it with"
                            + " src/main/c/build, and give its absolute path");
        }
        this.binary = binary;
    }

    /** The compiled guardian. */
    public Path program() {
        return binary;
    }

    /**
     * What a guardian runs.
     *
     * @param qemu QEMU's arguments, the program first
     * @param swtpm swtpm's; empty for a machine without a TPM
     */
    public record Programs(
            QemuCommandLine qemu,
            Optional<SwtpmCommandLine> swtpm,
            RunAs runAs,
            LeaseEnd leaseEnd) {}

    /**
     * Prepares the run directory and starts a guardian in it; returns at once.
     *
     * @param keys exactly when there is a swtpm
     * @return the guardian, which may already be failing: its reasons come up in the run directory
     */
    ProcessIdentity start(RunDirectory run, Programs programs, @Nullable ChildKeys keys)
            throws IOException {
        if ((keys != null) != programs.swtpm().isPresent()) {
            throw new IllegalArgumentException("keys are for swtpm: both or neither");
        }
        run.prepare(programs.runAs());
        SmallFile.write(run.file("guardian.conf"), programs.runAs().toText());
        SmallFile.write(run.file("deadline"), programs.leaseEnd().toText());
        SmallFile.write(run.file("agent.pid"), ProcessIdentity.self().toText());
        SmallFile.write(run.file("qemu.argv"), arguments(programs.qemu().arguments()));
        if (programs.swtpm().isPresent()) {
            SmallFile.write(run.file("swtpm.argv"), arguments(programs.swtpm().get().arguments()));
        }
        ProcessBuilder builder =
                new ProcessBuilder(binary.toString(), run.path().toString())
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(
                                        run.file("guardian.log").toFile()));
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", "/usr/bin:/bin", "LANG", "C"));
        Process process = builder.start();
        try (OutputStream input = process.getOutputStream()) {
            if (keys != null) {
                keys.state().writeTo(input);
                keys.migration().writeTo(input);
            }
        } catch (IOException closed) {
            // It ended before it read; its own words in the run directory are better than "Broken
            // pipe".
            return identity(process);
        }
        return identity(process);
    }

    /**
     * A guardian that is gone already gets an identity that no process has: it is simply not alive.
     */
    private static ProcessIdentity identity(Process process) {
        return ProcessIdentity.of(process.pid())
                .orElseGet(() -> new ProcessIdentity(process.pid(), 0));
    }

    private static String arguments(List<String> arguments) {
        StringBuilder text = new StringBuilder();
        for (String argument : arguments) {
            if (argument.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("an argument holds NUL");
            }
            text.append(argument).append('\0');
        }
        return text.toString();
    }

    /**
     * Ends a guardian and with it everything it guards: TERM, which lets it write down how its
     * children ended, then KILL, upon which the kernel ends them. Children that outlived a guardian
     * (it had lost CAP_KILL) are killed too.
     *
     * @param processes the guardian first
     * @param limit for each of the two, and for each child
     * @return whether all are proved gone
     */
    static boolean end(List<ProcessIdentity> processes, Duration limit)
            throws InterruptedException {
        boolean gone = true;
        for (ProcessIdentity process : processes) {
            if (process.equals(processes.getFirst())) {
                process.signal(false);
                boolean ignored = isGone(process, limit);
            }
            process.signal(true);
            gone &= isGone(process, limit);
        }
        return gone;
    }

    static boolean isGone(ProcessIdentity process, Duration limit) throws InterruptedException {
        return BoundedWait.<Boolean, RuntimeException>until(
                        limit,
                        Duration.ofMillis(10),
                        () -> process.isAlive() ? Optional.empty() : Optional.of(true))
                .isPresent();
    }
}
