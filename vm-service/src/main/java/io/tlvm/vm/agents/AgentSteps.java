package io.tlvm.vm.agents;

import com.google.protobuf.ByteString;

import io.grpc.StatusRuntimeException;
import io.tlvm.node.v1.BeginOutgoingRequest;
import io.tlvm.node.v1.ConfirmLoadedRequest;
import io.tlvm.node.v1.ContinueRequest;
import io.tlvm.node.v1.CreateStateRequest;
import io.tlvm.node.v1.DiscardRequest;
import io.tlvm.node.v1.GetMachineRequest;
import io.tlvm.node.v1.MachineState;
import io.tlvm.node.v1.PrepareIncomingRequest;
import io.tlvm.node.v1.PurgeRequest;
import io.tlvm.node.v1.RetireRequest;
import io.tlvm.node.v1.RetireResponse;
import io.tlvm.node.v1.RunActivated;
import io.tlvm.node.v1.RunRequest;
import io.tlvm.node.v1.RunResponse;
import io.tlvm.node.v1.StopRequest;
import io.tlvm.node.v1.StoreFromStateRefRequest;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.OperationId;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.row.Attempt;
import io.tlvm.ownership.row.CleanUp;
import io.tlvm.ownership.row.Event;
import io.tlvm.ownership.row.GuestIdentity;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.ownership.row.Step;
import io.tlvm.vm.keys.KeyWrap;
import io.tlvm.vm.keys.RecoveryKeys;
import io.tlvm.vm.machine.Machine;
import io.tlvm.vm.machine.MachineRecords;
import io.tlvm.vm.migration.Measured;
import io.tlvm.vm.ownership.StepFailure;
import io.tlvm.vm.ownership.StepOutcome;
import io.tlvm.vm.ownership.StepOutcome.Answered;
import io.tlvm.vm.ownership.StepOutcome.NotDone;
import io.tlvm.vm.ownership.StepOutcome.UnderWay;
import io.tlvm.vm.ownership.Steps;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** How each step is done: one call to one agent, with a bound, and what its answer means. */
public final class AgentSteps implements Steps {
    private static final Duration CREATE_BOUND = Duration.ofMinutes(2);
    private static final Duration RUN_BOUND = Duration.ofMinutes(2);
    private static final Duration STOP_BOUND = Duration.ofMinutes(2);
    private static final Duration PREPARE_BOUND = Duration.ofSeconds(60);
    private static final Duration SWITCH_OVER_BOUND = Duration.ofSeconds(30);
    private static final Duration DESTROY_BOUND = Duration.ofMinutes(2);
    private static final Duration STORE_BOUND = Duration.ofMinutes(2);
    private static final Duration LOOK_BOUND = Duration.ofSeconds(5);
    private static final Duration STOP_LOOK_EVERY = Duration.ofSeconds(1);

    private final AgentChannels agents;
    private final MachineRecords machines;
    private final Plans plans;
    private final RecoveryKeys keys;
    private final Receipts receipts;
    private final Clock clock;

    /**
     * Machines whose memory is copied, by the operation that moves them. Each move, also one that
     * fails, owes a clean-up, which ends its entry; a restart only costs a look.
     */
    private final ConcurrentHashMap<OperationId, Machine> moving = new ConcurrentHashMap<>();

    AgentSteps(
            AgentChannels agents,
            MachineRecords machines,
            Plans plans,
            RecoveryKeys keys,
            Receipts receipts,
            Clock clock) {
        this.agents = agents;
        this.machines = machines;
        this.plans = plans;
        this.keys = keys;
        this.receipts = receipts;
        this.clock = clock;
    }

    @Override
    public StepOutcome run(OwnershipRow row, Step step) throws InterruptedException {
        try {
            return switch (step) {
                case Step.CreateState create -> create(row, create, machine(row));
                case Step.Run run -> start(row, run, granted(row, run));
                case Step.Stop stop -> stop(row, stop, machine(row));
                case Step.PrepareTarget prepare -> prepare(row, prepare, machine(row));
                case Step.Transfer transfer -> transfer(row, transfer, machine(row));
                case Step.SwitchOver switchOver -> switchOver(row, switchOver);
                case Step.ConfirmLoaded confirm -> confirm(row, confirm);
                case Step.StoreState store -> store(row, store, machine(row));
                case Step.Destroy(var cleanUp) -> destroy(row, cleanUp, machine(row));
                case Step.Purge purge -> purge(row, purge, machine(row));
            };
        } catch (StatusRuntimeException failed) {
            if (Thread.interrupted()) {
                throw new InterruptedException(
                        "the step is not owed any more, or the service stops");
            }
            return new NotDone(AgentFailure.of(failed));
        }
    }

    private Machine machine(OwnershipRow row) {
        return machines.find(row.vm())
                .orElseThrow(() -> new IllegalStateException("row without VM: " + row.vm()))
                .machine();
    }

    /**
     * The hardware that a guest is made to run with. One that moves runs on the hardware that its
     * memory was copied from, so what was read then is right, and the guest, which stands still,
     * does not wait for a look into the database.
     */
    private Machine granted(OwnershipRow row, Step.Run run) {
        Machine copied = run.mode() == Phase.Mode.ADOPT ? moving.get(run.op()) : null;
        return copied == null ? machine(row) : copied;
    }

    private StepOutcome create(OwnershipRow row, Step.CreateState step, Machine machine) {
        var made =
                agents.stub(step.node(), CREATE_BOUND)
                        .createState(
                                CreateStateRequest.newBuilder()
                                        .setCommand(Commands.command(row, step.op(), step.epoch()))
                                        .setSpec(Commands.spec(machine))
                                        .build());
        StateRef directory = new StateRef(made.getStateRef());
        keys.keep(row.vm(), directory, wraps(made.getWrapsList()));
        return new Answered(
                new Event.StateCreated(
                        step.op(),
                        step.epoch(),
                        directory,
                        new GuestIdentity(
                                made.getEkFingerprint(),
                                Base64.getEncoder()
                                        .encodeToString(made.getEkCertificate().toByteArray()))));
    }

    private static List<KeyWrap> wraps(List<io.tlvm.node.v1.KeyWrap> told) {
        return told.stream()
                .map(wrap -> new KeyWrap(wrap.getRecipient(), wrap.getSealed()))
                .toList();
    }

    private StepOutcome start(OwnershipRow row, Step.Run step, Machine machine) {
        RunResponse answer =
                agents.stub(step.node(), RUN_BOUND)
                        .run(
                                RunRequest.newBuilder()
                                        .setCommand(Commands.command(row, step.op(), step.epoch()))
                                        .setMode(Commands.mode(step.mode()))
                                        .setStateRef(step.directory().value())
                                        .setSpec(Commands.spec(machine))
                                        .setEkFingerprint(Commands.endorsementKey(row))
                                        .build());
        return switch (answer.getOutcomeCase()) {
            case ACTIVATED -> {
                located(row, answer.getActivated());
                yield new Answered(
                        new Event.Activated(step.epoch()),
                        measured(step.op(), answer.getActivated()));
            }
            case EXITED, GONE -> new Answered(new Event.Exited(step.epoch()));
            case NOT_CLAIMED -> notClaimed(row, step);
            case STATE_REFUSED ->
                    new Answered(
                            new Event.StateRefused(
                                    step.epoch(), answer.getStateRefused().getEvidence()));
            case OUTCOME_NOT_SET -> new NotDone(newerAgent(step));
        };
    }

    private static List<Measured> measured(OperationId op, RunActivated run) {
        List<Measured> measured = new ArrayList<>();
        if (run.getAdoptUs() != 0) {
            measured.add(new Measured.Adopted(op, micros(run.getAdoptUs())));
        }
        if (run.hasHandOver()) {
            Receipts.kept(run.getHandOver())
                    .ifPresent(signed -> measured.add(new Measured.TargetSigned(op, signed)));
        }
        return measured;
    }

    /** Before the row says that the guest runs: who waits for that finds where it runs. */
    private void located(OwnershipRow row, RunActivated run) {
        if (run.hasDebug()) {
            machines.observe(
                    List.of(
                            new MachineRecords.Sighting(
                                    row.vm(),
                                    UnaryOperator.identity(),
                                    before -> Optional.of(HostPaths.of(run.getDebug())))));
        }
    }

    /**
     * The source still has the guest's memory if its QEMU stands where it promised. A silent source
     * may: ask again.
     */
    private StepOutcome notClaimed(OwnershipRow row, Step.Run step) {
        OwnershipRow.Prior prior = row.prior();
        if (prior == null) {
            return new Answered(new Event.NotClaimed(step.epoch(), false));
        }
        var report =
                agents.stub(prior.owner(), LOOK_BOUND)
                        .getMachine(
                                GetMachineRequest.newBuilder().setVmUid(row.vm().value()).build())
                        .getReport();
        return new Answered(
                new Event.NotClaimed(
                        step.epoch(), report.getState() == MachineState.MACHINE_STATE_POSTMIGRATE));
    }

    private StepOutcome stop(OwnershipRow row, Step.Stop step, Machine machine) {
        boolean exited =
                agents.stub(step.node(), STOP_BOUND)
                        .stop(
                                StopRequest.newBuilder()
                                        .setCommand(Commands.command(row, step.op(), step.epoch()))
                                        .setMode(Commands.mode(step.mode()))
                                        .setSpec(Commands.spec(machine))
                                        .build())
                        .getExited();
        return exited
                ? new Answered(new Event.Exited(step.epoch()))
                : new UnderWay(STOP_LOOK_EVERY);
    }

    private StepOutcome prepare(OwnershipRow row, Step.PrepareTarget step, Machine machine) {
        Attempt attempt = step.attempt();
        Optional<StepOutcome> late = tooLate(attempt);
        if (late.isPresent()) {
            return late.get();
        }
        var prepared =
                agents.stub(attempt.target(), atMost(PREPARE_BOUND, attempt))
                        .prepareIncoming(
                                PrepareIncomingRequest.newBuilder()
                                        .setCommand(
                                                Commands.command(
                                                        row, attempt.op(), attempt.epoch()))
                                        .setPlan(plans.forTarget(row, attempt))
                                        .setSpec(Commands.spec(machine))
                                        .build());
        return new Answered(
                new Event.TargetPrepared(
                        attempt.op(),
                        new Attempt.Prepared(
                                HexFormat.of().formatHex(prepared.getHpkeKey().toByteArray()),
                                new StateRef(prepared.getStateRef()))));
    }

    private StepOutcome transfer(OwnershipRow row, Step.Transfer step, Machine machine) {
        Attempt attempt = step.attempt();
        Optional<StepOutcome> late = tooLate(attempt);
        if (late.isPresent()) {
            return late.get();
        }
        moving.put(attempt.op(), machine);
        var unused =
                agents.stub(step.node(), Duration.between(clock.instant(), attempt.deadline()))
                        .beginOutgoing(
                                BeginOutgoingRequest.newBuilder()
                                        .setCommand(
                                                Commands.command(row, attempt.op(), step.epoch()))
                                        .setPlan(plans.forSource(row, attempt))
                                        .setSpec(Commands.spec(machine))
                                        .setBandwidthBytesPerSecond(plans.bandwidth(attempt.op()))
                                        .build());
        return new Answered(new Event.SourceReady(attempt.op()));
    }

    private StepOutcome switchOver(OwnershipRow row, Step.SwitchOver step) {
        Attempt attempt = step.attempt();
        var released =
                agents.stub(step.node(), SWITCH_OVER_BOUND)
                        .continue_(
                                ContinueRequest.newBuilder()
                                        .setCommand(
                                                Commands.command(row, attempt.op(), step.epoch()))
                                        .build());
        return new Answered(
                new Event.SourceReleased(attempt.op(), new Digest(released.getDigest())),
                List.of(
                        new Measured.SwitchedOver(
                                attempt.op(),
                                micros(released.getPreSwitchoverUs()),
                                micros(released.getQemuDowntimeUs()))));
    }

    private StepOutcome confirm(OwnershipRow row, Step.ConfirmLoaded step) {
        Attempt attempt = step.attempt();
        var loaded =
                agents.stub(attempt.target(), SWITCH_OVER_BOUND)
                        .confirmLoaded(
                                ConfirmLoadedRequest.newBuilder()
                                        .setCommand(
                                                Commands.command(
                                                        row, attempt.op(), attempt.epoch()))
                                        .build());
        keys.keep(row.vm(), attempt.directory(), wraps(loaded.getWrapsList()));
        return new Answered(new Event.TargetLoaded(attempt.op(), new Digest(loaded.getDigest())));
    }

    /**
     * The key that the target needs is open here only on its way from the vault to that node's
     * public key.
     */
    private StepOutcome store(OwnershipRow row, Step.StoreState step, Machine machine) {
        ByteString targetKey = agents.publicKey(step.node());
        return switch (keys.hand(
                row.vm(), step.from(), step.node(), targetKey, step.op(), step.epoch())) {
            case RecoveryKeys.Handed.Unavailable(var why) ->
                    new NotDone(
                            new StepFailure(
                                    StepFailure.Kind.REFUSED,
                                    "GUEST_STATE_KEY_UNAVAILABLE",
                                    "the key of its guest state cannot be had: " + why,
                                    "bring node " + step.source() + " back",
                                    Map.of("vm", row.vm().value())));
            case RecoveryKeys.Handed.Sealed(var key) -> stored(row, step, machine, key);
        };
    }

    private StepOutcome stored(
            OwnershipRow row, Step.StoreState step, Machine machine, ByteString key) {
        var answer =
                agents.stub(step.node(), STORE_BOUND)
                        .storeFromStateRef(
                                StoreFromStateRefRequest.newBuilder()
                                        .setCommand(Commands.command(row, step.op(), step.epoch()))
                                        .setSpec(Commands.spec(machine))
                                        .setSourceDir(step.from().value())
                                        .setSourceNode(step.source().value())
                                        .setTargetDir(step.into().value())
                                        .setSealedStateKey(key)
                                        .setEkFingerprint(Commands.endorsementKey(row))
                                        .build());
        return switch (answer.getOutcomeCase()) {
            case STORED -> {
                keys.keep(row.vm(), step.into(), wraps(answer.getStored().getWrapsList()));
                yield new Answered(
                        new Event.StateStored(
                                step.op(),
                                step.epoch(),
                                new Digest(answer.getStored().getDigest())));
            }
            case STATE_REFUSED ->
                    new Answered(
                            new Event.StateRefused(
                                    step.epoch(), answer.getStateRefused().getEvidence()));
            case OUTCOME_NOT_SET -> new NotDone(newerAgent(step));
        };
    }

    private StepOutcome destroy(OwnershipRow row, CleanUp cleanUp, Machine machine) {
        var stub = agents.stub(cleanUp.node(), DESTROY_BOUND);
        var command = Commands.command(row, cleanUp.op(), cleanUp.epoch());
        List<Measured> proof = List.of();
        switch (cleanUp.kind()) {
            case RETIRE -> {
                var retired =
                        stub.retire(
                                RetireRequest.newBuilder()
                                        .setCommand(command)
                                        .setStateRef(
                                                Objects.requireNonNull(cleanUp.directory()).value())
                                        .setStorage(Commands.storage(machine))
                                        .build());
                keys.forget(row.vm(), Objects.requireNonNull(cleanUp.directory()));
                proof = handedOver(machine, cleanUp, retired);
            }
            case DISCARD -> {
                var unused =
                        stub.discard(
                                DiscardRequest.newBuilder()
                                        .setCommand(command)
                                        .setStorage(Commands.storage(machine))
                                        .build());
                keys.forget(row.vm(), StateRef.ofAttempt(cleanUp.epoch(), cleanUp.op()));
            }
        }
        moving.remove(cleanUp.op());
        return new Answered(new Event.CleanedUp(cleanUp), proof);
    }

    /** A lost node that cleans up after a recovery handed nothing over. */
    private List<Measured> handedOver(Machine machine, CleanUp cleanUp, RetireResponse retired) {
        return machine.migration()
                .filter(migration -> migration.op().equals(cleanUp.op()))
                .<List<Measured>>map(
                        migration ->
                                List.of(
                                        new Measured.HandedOver(
                                                receipts.prove(
                                                        machine.uid(),
                                                        migration,
                                                        retired.hasHandOver()
                                                                ? Optional.of(retired.getHandOver())
                                                                : Optional.empty()))))
                .orElse(List.of());
    }

    private StepOutcome purge(OwnershipRow row, Step.Purge step, Machine machine) {
        // Before the first node is asked: from now on the state is worthless wherever it lies.
        keys.forget(row.vm());
        var unused =
                agents.stub(step.node(), DESTROY_BOUND)
                        .purge(
                                PurgeRequest.newBuilder()
                                        .setCommand(Commands.command(row, step.op(), row.epoch()))
                                        .setStorage(Commands.storage(machine))
                                        .build());
        return new Answered(new Event.Purged(step.node()));
    }

    private Optional<StepOutcome> tooLate(Attempt attempt) {
        Instant now = clock.instant();
        return now.isBefore(attempt.deadline())
                ? Optional.empty()
                : Optional.of(
                        new Answered(
                                new Event.Aborted(
                                        attempt.op(),
                                        "the deadline " + attempt.deadline() + " passed")));
    }

    private Duration atMost(Duration bound, Attempt attempt) {
        Duration left = Duration.between(clock.instant(), attempt.deadline());
        return left.compareTo(bound) < 0 ? left : bound;
    }

    private static Duration micros(long value) {
        return Duration.ofNanos(Math.multiplyExact(value, 1_000L));
    }

    private static StepFailure newerAgent(Step step) {
        return new StepFailure(
                StepFailure.Kind.SILENT,
                "AGENT_VERSION_SKEW",
                "the agent of " + step.node() + " gave an answer that this version does not know",
                "update vm-service",
                Map.of("node", step.node().value()));
    }

    static ByteString hex(String text) {
        return ByteString.copyFrom(HexFormat.of().parseHex(text));
    }
}
