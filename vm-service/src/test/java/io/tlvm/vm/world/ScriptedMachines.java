package io.tlvm.vm.world;

import io.tlvm.node.v1.CleanedMachine;
import io.tlvm.node.v1.MachineReport;
import io.tlvm.node.v1.MachineState;
import io.tlvm.node.v1.OwnershipView;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Agent;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.Homecoming;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.Observed;
import io.tlvm.ownership.journal.Observed.Alive;
import io.tlvm.ownership.journal.Observed.Nothing;
import io.tlvm.ownership.journal.Observed.State;
import io.tlvm.ownership.journal.RowSeen;
import io.tlvm.ownership.journal.Verdict;
import io.tlvm.type.v1.ErrorReason;
import io.tlvm.type.v1.HandOverStatement;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The machines of one agent: journals that are the product's, and guests that change at once where
 * a real QEMU's would.
 */
final class ScriptedMachines {
    static final Digest LOADED = new Digest("sha256:" + "cd".repeat(32));

    private static final class Vm {
        final List<JournalRecord> journal = new ArrayList<>();
        Observed observed = new Nothing();
        boolean ignoresButton;

        AgentView view() {
            return AgentView.of(journal);
        }
    }

    private final Map<String, Vm> vms = new ConcurrentHashMap<>();
    private final Consumer<String> changed;

    /**
     * @param changed told the uid of each VM whose guest changed
     */
    ScriptedMachines(Consumer<String> changed) {
        this.changed = changed;
    }

    private Vm vm(String uid) {
        return vms.computeIfAbsent(uid, ignored -> new Vm());
    }

    /** The journals are read again; what was held in memory is lost. */
    void restart() {
        vms.values()
                .forEach(
                        vm -> {
                            synchronized (vm) {
                                vm.journal.addAll(Agent.restarted(vm.view()));
                            }
                        });
    }

    List<String> known() {
        return List.copyOf(vms.keySet());
    }

    /** Power is cut: nothing runs any more, and nobody is told. */
    void powerOff() {
        vms.keySet().forEach(uid -> see(uid, new Nothing()));
    }

    /** What the product's {@link Homecoming} decides by these rows. */
    List<CleanedMachine> comeHome(NodeName self, List<OwnershipView> rows) {
        List<CleanedMachine> cleaned = new ArrayList<>();
        for (OwnershipView row : rows) {
            Vm vm = vm(row.getVmUid());
            Homecoming home;
            synchronized (vm) {
                home = Homecoming.of(vm.view(), vm.observed, self, seen(row));
                vm.journal.addAll(home.first());
            }
            if (home.kills()) {
                see(row.getVmUid(), new Nothing());
            }
            cleaned.add(
                    CleanedMachine.newBuilder()
                            .setVmUid(row.getVmUid())
                            .setRowVersion(row.getRowVersion())
                            .setKilled(home.kills())
                            .build());
        }
        return cleaned;
    }

    private static RowSeen seen(OwnershipView row) {
        Set<StateRef> needed =
                Stream.of(row.getStateRef(), row.getTargetDir(), row.getPriorRef())
                        .filter(name -> !name.isEmpty())
                        .map(StateRef::new)
                        .collect(Collectors.toSet());
        return new RowSeen(
                new RowVersion(row.getRowVersion()),
                new Epoch(row.getEpoch()),
                new NodeName(row.getOwner()),
                Set.of("RUNNING", "MIGRATING", "HANDOVER", "RELEASED").contains(row.getPhase()),
                row.getPriorOwner().isEmpty() ? null : new NodeName(row.getPriorOwner()),
                needed);
    }

    /** What the product's {@link Agent} decides, journaled. */
    Verdict decide(String uid, Command command) {
        Vm vm = vm(uid);
        synchronized (vm) {
            Verdict verdict = Agent.decide(vm.view(), command, vm.observed);
            switch (verdict) {
                case Verdict.Do(var first, _) -> vm.journal.addAll(first);
                case Verdict.Answer(var first, _) -> vm.journal.addAll(first);
                case Verdict.Refuse(var why) ->
                        throw ScriptedCalls.refusal(
                                switch (why) {
                                    case Verdict.Reason.Stale _, Verdict.Reason.StaleEpoch _ ->
                                            ErrorReason.ERROR_REASON_STALE_COMMAND;
                                    case Verdict.Reason.AttemptOver _ ->
                                            ErrorReason.ERROR_REASON_ATTEMPT_OVER;
                                    case Verdict.Reason.UnknownOperation _ ->
                                            ErrorReason.ERROR_REASON_NOT_CLAIMED;
                                    case Verdict.Reason.StateMade _,
                                            Verdict.Reason.NotNow _,
                                            Verdict.Reason.Purged _ ->
                                            ErrorReason.ERROR_REASON_INVALID_STATE;
                                });
            }
            return verdict;
        }
    }

    void append(String uid, JournalRecord added) {
        Vm vm = vm(uid);
        synchronized (vm) {
            vm.journal.add(added);
        }
    }

    void see(String uid, Observed observed) {
        Vm machine = vm(uid);
        synchronized (machine) {
            machine.observed = observed;
        }
        changed.accept(uid);
    }

    Observed observed(String uid) {
        return vm(uid).observed;
    }

    boolean runs(String uid) {
        return vms.containsKey(uid)
                && vm(uid).observed instanceof Alive(_, var state)
                && state == State.RUNNING;
    }

    void ignorePowerButton(String uid) {
        vm(uid).ignoresButton = true;
    }

    boolean ignoresPowerButton(String uid) {
        return vm(uid).ignoresButton;
    }

    /** The stream arrives: everything is loaded and sealed. */
    void load(String vm, OperationId op) {
        Vm machine = vm(vm);
        synchronized (machine) {
            JournalRecord.Prepared prepared = machine.view().prepared().get(op);
            if (prepared != null
                    && machine.observed.equals(
                            new Alive(prepared.attemptEpoch(), State.INCOMING))) {
                machine.observed = new Alive(prepared.attemptEpoch(), State.LOADED);
                machine.journal.add(new JournalRecord.Loaded(op, prepared.attemptEpoch(), LOADED));
            }
        }
    }

    /** What the journal says of a hand-over; what the caller knows is left out. */
    Optional<HandOverStatement.Builder> handOver(String uid, OperationId op, boolean asSource) {
        AgentView view = vm(uid).view();
        var said = HandOverStatement.newBuilder().setVmUid(uid).setOpId(op.value());
        if (asSource) {
            return Optional.ofNullable(view.released().get(op))
                    .map(
                            released ->
                                    said.setParty(HandOverStatement.Party.PARTY_SOURCE)
                                            .setTargetNode(view.outgoing().get(op).target().value())
                                            .setDigest(released.digest().value()));
        }
        return Optional.ofNullable(view.loaded().get(op))
                .map(
                        loaded ->
                                said.setParty(HandOverStatement.Party.PARTY_TARGET)
                                        .setSourceNode(view.prepared().get(op).source().value())
                                        .setDigest(loaded.digest().value()));
    }

    List<MachineReport> reports() {
        List<MachineReport> reports = new ArrayList<>();
        vms.forEach(
                (uid, vm) -> {
                    synchronized (vm) {
                        var report =
                                MachineReport.newBuilder()
                                        .setVmUid(uid)
                                        .setVtpmHealthy(true)
                                        .setState(state(vm.observed));
                        JournalRecord.Claim claim = vm.view().claim();
                        if (claim != null) {
                            report.setClaimedEpoch(claim.epoch().value());
                            if (vm.observed instanceof Alive) {
                                report.setDebug(AgentCalls.paths(claim.epoch().value()));
                            }
                        }
                        report.setExited(Agent.unasked(vm.view(), vm.observed).isPresent());
                        reports.add(report.build());
                    }
                });
        return reports;
    }

    MachineReport report(String uid) {
        return MachineReport.newBuilder().setVmUid(uid).setState(state(observed(uid))).build();
    }

    private static MachineState state(Observed observed) {
        return switch (observed) {
            case Nothing _ -> MachineState.MACHINE_STATE_NONE;
            case Alive(_, var state) ->
                    switch (state) {
                        case RUNNING -> MachineState.MACHINE_STATE_RUNNING;
                        case INCOMING, LOADED -> MachineState.MACHINE_STATE_INCOMING;
                        case POSTMIGRATE -> MachineState.MACHINE_STATE_POSTMIGRATE;
                        case PRELAUNCH, PAUSED, PRE_SWITCHOVER, DEVICE, ENDED ->
                                MachineState.MACHINE_STATE_PAUSED;
                    };
        };
    }
}
