package io.tlvm.agent.probe;

import io.tlvm.agent.hypervisor.qemu.Accelerator;
import io.tlvm.agent.hypervisor.qemu.LaunchFailed;
import io.tlvm.agent.hypervisor.qemu.QemuCommandLine;
import io.tlvm.agent.hypervisor.qemu.QemuLauncher;
import io.tlvm.agent.hypervisor.qemu.QemuProcess;
import io.tlvm.agent.hypervisor.qemu.QmpException;
import io.tlvm.agent.hypervisor.qemu.RunDirectory;
import io.tlvm.agent.hypervisor.qemu.RunState;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;

/**
 * A paused machine without disk and firmware: does QEMU take this hardware, under this user, behind
 * this guardian?
 */
record TrialMachine(Path qemu, String machineType, HostProbe.Settings settings) {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** How it went. */
    sealed interface Outcome {}

    record Works() implements Outcome {}

    record Fails(String why) implements Outcome {}

    Outcome start(Accelerator accelerator, String cpuModel, boolean vbs)
            throws IOException, InterruptedException {
        RunDirectory run =
                new RunDirectory(settings.runRoot().resolve("probe-" + UUID.randomUUID()));
        QemuLauncher launcher = new QemuLauncher(settings.guardian(), qemu, qemu, LIMIT);
        try (QemuProcess machine =
                launcher.launchBare(
                        run,
                        QemuCommandLine.trial(qemu, machineType, accelerator, cpuModel, vbs, run),
                        settings.runAs(),
                        LIMIT)) {
            RunState state = machine.commands().status();
            boolean ended = machine.kill(LIMIT);
            if (!ended) {
                return new Fails("it cannot be ended");
            }
            return state == RunState.PRELAUNCH
                    ? new Works()
                    : new Fails("it is " + state.wire() + ", not prelaunch");
        } catch (LaunchFailed refused) {
            return new Fails(refused.reason());
        } catch (QmpException noAnswer) {
            return new Fails(String.valueOf(noAnswer.getMessage()));
        } finally {
            removeEnded(run);
        }
    }

    /** Left for the operator when a guardian is still in it. */
    private static void removeEnded(RunDirectory run) throws IOException {
        if (run.guardian().isEmpty()) {
            run.remove();
        }
    }
}
