package io.tlvm.agent.machine;

import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.gueststate.StateDirectory;
import io.tlvm.agent.gueststate.StateTree;
import io.tlvm.agent.migration.Incoming;
import io.tlvm.agent.migration.Outgoing;
import io.tlvm.node.v1.MachineSpec;
import io.tlvm.node.v1.StorageLocation;
import io.tlvm.ownership.id.RowVersion;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;
import io.tlvm.ownership.journal.AgentView;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.Observed;
import io.tlvm.ownership.journal.Verdict;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What one machine's driver works with. Changed only in the machine's queue; the fields that others
 * read are volatile.
 */
final class Workbench {
    final VmUid vm;
    final NodeEquipment equipment;
    final MachineJournal journal;
    final Processes processes;
    final PermissionGuard permissions;
    private final DefinitionFile definition;
    private volatile @Nullable MachineSpec spec;
    private volatile @Nullable HeldState held;
    private volatile @Nullable Outgoing outgoing;
    private volatile @Nullable Incoming incoming;

    /** When the power button was pressed last, on {@link System#nanoTime}; 0 for never. */
    private long pressedAt;

    /** Why the last process ended; soft, lost with the agent. */
    volatile String endReason = "";

    /**
     * The evidence of the last refused start, so that a repeated grant gets the same answer; soft.
     */
    volatile @Nullable RefusedStart refusedStart;

    record RefusedStart(io.tlvm.ownership.id.Epoch epoch, String evidence) {}

    Workbench(VmUid vm, NodeEquipment equipment, MachineJournal journal, Processes processes)
            throws IOException {
        this.vm = vm;
        this.equipment = equipment;
        this.journal = journal;
        this.processes = processes;
        this.permissions = new PermissionGuard(this);
        this.definition = DefinitionFile.of(equipment.journals(), vm);
        this.spec = definition.read().orElse(null);
    }

    /**
     * Whether the power button may be pressed (again): a graceful stop is asked for once a second
     * until it is done.
     */
    boolean mayPress(long patienceNanos) {
        long now = System.nanoTime();
        if (pressedAt != 0 && now - pressedAt < patienceNanos) {
            return false;
        }
        pressedAt = now;
        return true;
    }

    Optional<MachineSpec> spec() {
        return Optional.ofNullable(spec);
    }

    void remember(MachineSpec latest) throws IOException {
        if (!latest.equals(spec)) {
            definition.write(latest);
            spec = latest;
        }
    }

    Blueprint blueprint() {
        MachineSpec known = spec;
        if (known == null) {
            throw new MachineRefusal.Unknown().of(vm);
        }
        return new Blueprint(vm, known, equipment.host());
    }

    Optional<HeldState> held() {
        return Optional.ofNullable(held);
    }

    Optional<Outgoing> outgoing() {
        return Optional.ofNullable(outgoing);
    }

    Optional<Incoming> incoming() {
        return Optional.ofNullable(incoming);
    }

    void hold(HeldState state) {
        held = state;
    }

    void hold(Outgoing attempt) {
        outgoing = attempt;
    }

    void hold(Incoming attempt) {
        incoming = attempt;
    }

    void dropOutgoing() {
        outgoing = null;
    }

    void dropIncoming() {
        incoming = null;
    }

    /** Forgets the open keys of the directory, after its processes are gone. */
    void dropHeld() {
        HeldState open = held;
        held = null;
        if (open != null) {
            open.close();
        }
    }

    Observed observe() throws InterruptedException {
        Observed observed = processes.observe(journal.view(), outgoing());
        Incoming attempt = incoming;
        if (observed instanceof Observed.Nothing && attempt != null && attempt.awaitsKey()) {
            // Its processes start when the key arrives. Until then the attempt lives in this
            // object.
            return new Observed.Alive(attempt.plan().attemptEpoch(), Observed.State.INCOMING);
        }
        return observed;
    }

    /**
     * For what changes no ownership and so has no command.
     *
     * @throws MachineRefused when a newer row decided something else, or the machine is purged
     */
    void requireCurrent(RowVersion asked) {
        AgentView view = journal.view();
        if (asked.isBefore(view.rowVersion())) {
            throw new MachineRefusal.Protocol(new Verdict.Reason.Stale(view.rowVersion(), asked))
                    .of(vm);
        }
        if (view.purged()) {
            throw new MachineRefusal.Protocol(new Verdict.Reason.Purged()).of(vm);
        }
    }

    /** Directories that this node's journal names: on a shared path the others are not its own. */
    Set<StateRef> ownDirectories() {
        AgentView view = journal.view();
        Set<StateRef> refs = new LinkedHashSet<>();
        view.created().values().stream().map(JournalRecord.Created::directory).forEach(refs::add);
        view.prepared().values().stream().map(JournalRecord.Prepared::directory).forEach(refs::add);
        view.storing().values().stream().map(JournalRecord.Storing::directory).forEach(refs::add);
        JournalRecord.Claim claim = view.claim();
        if (claim != null) {
            refs.add(claim.directory());
        }
        return refs;
    }

    /**
     * @throws MachineRefused when the node does not reach the path
     */
    StateTree tree(StorageLocation location) {
        StoragePaths.Reach reach = equipment.storage().look(location);
        return reach.tree()
                .orElseThrow(
                        () ->
                                new MachineRefusal.StorageUnreachable(
                                                location.getStoragePath(), reach.why())
                                        .of(vm));
    }

    StateTree tree() {
        return tree(blueprint().spec().getStorage());
    }

    /**
     * Opens a directory with this node's keyset.
     *
     * @return what keeps it closed, or the open state
     */
    HeldState.Opening open(StateRef ref) throws IOException {
        Optional<StateDirectory> directory = tree().open(vm, ref);
        if (directory.isEmpty()) {
            return new HeldState.Opening.Locked("there is no directory " + ref);
        }
        Blueprint blueprint = blueprint();
        return HeldState.open(
                directory.get(),
                equipment.keys().node(),
                blueprint.firmware(),
                equipment.ownerOf(blueprint.spec()),
                equipment.node());
    }

    /**
     * The open state of the directory that the current process works in; opened again after an
     * agent's restart.
     */
    HeldState requireHeld(StateRef ref) throws IOException {
        HeldState open = held;
        if (open != null && open.directory().ref().equals(ref)) {
            return open;
        }
        return switch (open(ref)) {
            case HeldState.Opening.Opened(HeldState state) -> {
                dropHeld();
                var unused = state.readManifest();
                held = state;
                yield state;
            }
            case HeldState.Opening.Locked(String why) ->
                    throw new MachineRefusal.StateUnusable(ref.value(), why).of(vm);
        };
    }
}
