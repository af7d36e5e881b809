package io.tlvm.vm.machine;

import io.tlvm.foundation.operation.OperationName;
import io.tlvm.foundation.operation.OperationRecord;
import io.tlvm.foundation.refusal.ErrorDomain;
import io.tlvm.ownership.row.OwnershipRow;
import io.tlvm.ownership.row.Phase;
import io.tlvm.vm.placement.Choice;
import io.tlvm.vm.placement.Demand;
import io.tlvm.vm.placement.Placement;
import io.tlvm.vm.refusal.ClusterRefusal;
import io.tlvm.vm.refusal.MachineRefusal;
import io.tlvm.vm.refusal.VmRefused;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What users ask of VMs. Each request is checked, then recorded as an operation in one transaction;
 * verbs do the rest. What comes back from those methods is the operation's full name.
 */
public final class Machines {
    private final MachineRecords records;
    private final ImageCheck images;
    private final UserIds userIds;
    private final PublicForm form;
    private final Runnable wakeRunner;
    private final Clock clock;

    /** The range of user ids that VMs' processes run under. */
    public record UserIds(int first, int count) {
        public UserIds {
            if (first < 1_000 || count < 1) {
                throw new IllegalArgumentException(
                        "user ids "
                                + first
                                + " + "
                                + count
                                + ": below 1000 are those of the host itself");
            }
        }
    }

    /**
     * @param wakeRunner called when an operation was recorded
     */
    public Machines(
            MachineRecords records,
            ImageCheck images,
            UserIds userIds,
            PublicForm form,
            Runnable wakeRunner,
            Clock clock) {
        this.records = records;
        this.images = images;
        this.userIds = userIds;
        this.form = form;
        this.wakeRunner = wakeRunner;
        this.clock = clock;
    }

    /**
     * Begins to create a VM; it is visible at once. What could not become a VM now is refused
     * instead of leaving a failed one behind that holds the name; a catalog that is silent for a
     * while is waited for by the operation.
     */
    public String create(NewMachine machine, boolean start, Asked asked) {
        var work = new Work.Create(start);
        if (records.repeated(asked).isEmpty() && records.find(machine.name()).isEmpty()) {
            try {
                Choice unused = place(machine);
            } catch (VmRefused refused) {
                if (!images.passes(refused.why())) {
                    throw refused;
                }
            }
        }
        return began(
                machine.name(),
                records.create(
                        machine, userIds, operation(machine.name(), work, asked), work, asked),
                asked);
    }

    /** Says where a VM would go, or throws why it cannot be created. Changes nothing. */
    public Choice tryCreate(NewMachine machine) {
        if (records.find(machine.name()).isPresent()) {
            throw new VmRefused(new MachineRefusal.NameTaken(machine.name().toString(), false));
        }
        return place(machine);
    }

    private Choice place(NewMachine machine) {
        images.usable(
                machine.image(), machine.name().project(), machine.security().effective().type());
        var demand =
                new Demand(
                        machine.name().toString(),
                        machine.hardware(),
                        machine.security().effective(),
                        machine.storagePath(),
                        machine.node());
        return records.survey((nodes, paths) -> Placement.choose(demand, nodes, paths));
    }

    /**
     * The VM of this name.
     *
     * @throws VmRefused NotFound with names that look alike
     */
    public MachineView get(MachineName name) {
        return records.find(name).orElseThrow(() -> notFound(name));
    }

    /** A page. */
    public List<MachineView> list(MachineRecords.Wanted wanted) {
        return records.list(wanted);
    }

    /** Begins to start it. */
    public String start(MachineName name, Asked asked) {
        return begin(
                name,
                new Work.Start(),
                asked,
                view -> {
                    usable(view, "start");
                    view.owner()
                            .filter(owner -> !owner.reachable())
                            .ifPresent(
                                    owner -> {
                                        throw new VmRefused(
                                                new ClusterRefusal.NodeSilent(
                                                        owner.name().value(), owner.lastRenew()));
                                    });
                });
    }

    /** Begins to stop it. */
    public String stop(MachineName name, Work.Stop work, Asked asked) {
        return begin(name, work, asked, view -> usable(view, "stop"));
    }

    /** Begins to restart it. */
    public String restart(MachineName name, Work.Restart work, Asked asked) {
        return begin(name, work, asked, view -> usable(view, "restart"));
    }

    /**
     * Begins to delete it; empty when there is nothing to delete and {@code missingToo} says that
     * this is fine.
     */
    public Optional<String> delete(
            MachineName name,
            Work.Delete work,
            Optional<String> etag,
            boolean missingToo,
            Asked asked) {
        Optional<Begun> before = records.repeated(asked);
        Optional<MachineView> found =
                records.find(name).filter(view -> !view.deleted() || work.retain().isZero());
        if (before.isEmpty() && found.isEmpty()) {
            if (missingToo) {
                return Optional.empty();
            }
            throw notFound(name);
        }
        return Optional.of(
                begin(
                        name,
                        work,
                        asked,
                        view -> {
                            etag.filter(expected -> !expected.equals(view.machine().etag()))
                                    .ifPresent(
                                            expected -> {
                                                throw new VmRefused(
                                                        new MachineRefusal.EtagDiffers(
                                                                expected, view.machine().etag()));
                                            });
                            boolean off = view.row().map(Machines::off).orElse(true);
                            if (!off && !work.force()) {
                                throw new VmRefused(
                                        new MachineRefusal.WrongPowerState(
                                                name.toString(),
                                                view.power().name(),
                                                "STOPPED",
                                                "delete"));
                            }
                        }));
    }

    /** Begins to take a delete back. */
    public String undelete(MachineName name, Asked asked) {
        return begin(
                name,
                new Work.Undelete(),
                asked,
                view -> {
                    if (!view.deleted()) {
                        throw new VmRefused(new MachineRefusal.NotDeleted(name.toString()));
                    }
                });
    }

    /** A rule about the VM as it is when the request comes. */
    public interface Rule {
        /**
         * Looks at the VM.
         *
         * @throws VmRefused when it is not as it must be
         */
        void check(MachineView view);
    }

    /**
     * Records the operation if {@code rule} holds; a repeated request is answered before the rule
     * is asked.
     */
    public String begin(MachineName name, Work work, Asked asked, Rule rule) {
        Optional<Begun> before = records.repeated(asked);
        if (before.isPresent()) {
            return began(name, before.get(), asked);
        }
        MachineView view = get(name);
        // While another operation works, the state that a rule would complain about is that
        // operation's.
        if (view.operation().isEmpty()) {
            rule.check(view);
        }
        return began(name, records.begin(operation(name, work, asked), work, asked), asked);
    }

    private String began(MachineName name, Begun begun, Asked asked) {
        return switch (begun) {
            case Begun.Now(var operation) -> {
                wakeRunner.run();
                yield operation;
            }
            case Begun.Before(var operation) -> operation;
            case Begun.IdReused() ->
                    throw new VmRefused(
                            new MachineRefusal.RequestIdReused(asked.requestId().orElse("")));
            case Begun.NameTaken(var deleted) ->
                    throw new VmRefused(new MachineRefusal.NameTaken(name.toString(), deleted));
            case Begun.Busy(var operation, var kind, var started, var requester) ->
                    throw new VmRefused(
                            new MachineRefusal.Busy(
                                    name.toString(), operation, kind, started, requester));
            case Begun.NoUserId() ->
                    throw new VmRefused(
                            new MachineRefusal.UserIdsUsedUp(userIds.first(), userIds.count()));
        };
    }

    /** A VM that is there, created and not deleted. */
    public static void usable(MachineView view, String verb) {
        Machine machine = view.machine();
        if (view.deleted()) {
            throw new VmRefused(
                    new MachineRefusal.WrongState(
                            machine.name().toString(), "DELETED", "ACTIVE", verb));
        }
        if (machine.provisioning() != Provisioning.ACTIVE) {
            throw new VmRefused(
                    new MachineRefusal.WrongState(
                            machine.name().toString(),
                            machine.provisioning().name(),
                            "ACTIVE",
                            verb));
        }
        view.row()
                .ifPresent(
                        row -> {
                            if (row.phase() instanceof Phase.Quarantined(var evidence)) {
                                throw new VmRefused(
                                        new MachineRefusal.InQuarantine(
                                                machine.name().toString(),
                                                row.owner().value(),
                                                evidence));
                            }
                        });
    }

    private VmRefused notFound(MachineName name) {
        return new VmRefused(new MachineRefusal.NotFound(name.toString(), records.similar(name)));
    }

    private static boolean off(OwnershipRow row) {
        return switch (row.phase()) {
            case Phase.Stopped _,
                    Phase.Creating _,
                    Phase.Deleting _,
                    Phase.Quarantined _,
                    Phase.Purged _ ->
                    true;
            case Phase.Recovering recovering -> recovering.wanted() == Phase.Wanted.STOPPED;
            case Phase.Running _, Phase.Migrating _, Phase.Handover _, Phase.Released _ -> false;
        };
    }

    private OperationRecord operation(MachineName name, Work work, Asked asked) {
        Instant now = clock.instant();
        return OperationRecord.queued(
                OperationName.of(name.project(), ErrorDomain.COMPUTE, UUID.randomUUID()),
                work.kind(),
                name.toString(),
                asked.caller(),
                form.metadata(name, work, "", "queued", now, asked.caller(), Optional.empty()),
                now);
    }
}
