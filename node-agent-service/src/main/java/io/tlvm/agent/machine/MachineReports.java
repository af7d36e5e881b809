package io.tlvm.agent.machine;

import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.hypervisor.qemu.ProcessIdentity;
import io.tlvm.agent.hypervisor.qemu.QemuProcess;
import io.tlvm.agent.hypervisor.qemu.RunDirectory;
import io.tlvm.node.v1.DebugPaths;
import io.tlvm.node.v1.MachineReport;
import io.tlvm.node.v1.MachineState;
import io.tlvm.ownership.journal.Agent;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Observed;

import java.util.Optional;

/**
 * What the node tells of one machine. Read in the machine's queue, so never between a claim and its
 * start.
 */
final class MachineReports {
    private final Workbench bench;
    private final boolean debugPaths;
    private volatile MachineReport last;

    MachineReports(Workbench bench, boolean debugPaths) {
        this.bench = bench;
        this.debugPaths = debugPaths;
        this.last =
                MachineReport.newBuilder()
                        .setVmUid(bench.vm.value())
                        .setState(MachineState.MACHINE_STATE_NONE)
                        .build();
    }

    /** What was read last; a busy machine is not made to wait for a report. */
    MachineReport last() {
        return last;
    }

    MachineReport read() throws InterruptedException {
        AgentView view = bench.journal.view();
        Observed observed = bench.observe();
        var claim = view.claim();
        MachineReport.Builder report =
                MachineReport.newBuilder()
                        .setVmUid(bench.vm.value())
                        .setRowVersion(view.rowVersion().value())
                        .setClaimedEpoch(claim == null ? 0 : claim.epoch().value())
                        .setState(state(observed))
                        .setExited(Agent.unasked(view, observed).isPresent())
                        .setVtpmHealthy(true)
                        .setPermissionDrifts(bench.permissions.found())
                        .setPermissionTrouble(bench.permissions.beyondRepair());
        Optional<QemuProcess> process = bench.processes.current().map(MachineProcess::qemu);
        if (process.isPresent()) {
            report.setVtpmHealthy(process.get().tpmIsAlive());
            if (observed instanceof Observed.Alive(_, var state)
                    && state == Observed.State.RUNNING) {
                report.setBootVerdict(BootVerdict.of(process.get().runDirectory().serialLog()));
            }
            if (debugPaths) {
                report.setDebug(debug(process.get()));
            }
        } else {
            report.setReason(bench.endReason);
            report.setVtpmHealthy(!bench.endReason.equals("VTPM_FAILED"));
        }
        last = report.build();
        return last;
    }

    private static MachineState state(Observed observed) {
        return switch (observed) {
            case Observed.Nothing _ -> MachineState.MACHINE_STATE_NONE;
            case Observed.Alive(_, var state) ->
                    switch (state) {
                        case RUNNING -> MachineState.MACHINE_STATE_RUNNING;
                        case PRELAUNCH, PAUSED, PRE_SWITCHOVER, DEVICE, ENDED ->
                                MachineState.MACHINE_STATE_PAUSED;
                        case INCOMING, LOADED -> MachineState.MACHINE_STATE_INCOMING;
                        case POSTMIGRATE -> MachineState.MACHINE_STATE_POSTMIGRATE;
                    };
        };
    }

    private DebugPaths debug(QemuProcess process) {
        RunDirectory run = process.runDirectory();
        return DebugPaths.newBuilder()
                .setRunDirectory(run.path().toString())
                .setObserverSocket(run.observerSocket().toString())
                .setControlSocket(run.controlSocket().toString())
                .setTickSocket(run.tickSocket().toString())
                .setSerialLog(run.serialLog().toString())
                .setQemuPid(process.qemu().pid())
                .setSwtpmPid(process.swtpm().map(ProcessIdentity::pid).orElse(0L))
                .setGuardianPid(process.guardian().pid())
                .setStateDirectory(
                        bench.held()
                                .map(HeldState::directory)
                                .map(directory -> directory.path().toString())
                                .orElse(""))
                .build();
    }
}
