package io.tlvm.agent.machine;

import com.google.protobuf.ByteString;

import io.tlvm.agent.gueststate.Expectation;
import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.gueststate.Manifest;
import io.tlvm.agent.gueststate.ManifestCheck.Verdict;
import io.tlvm.agent.gueststate.RecoveryWraps;
import io.tlvm.agent.gueststate.StartExamination;
import io.tlvm.agent.gueststate.StateDirectory;
import io.tlvm.agent.gueststate.StateTree;
import io.tlvm.agent.gueststate.StateTree.Publication;
import io.tlvm.agent.keys.StateKey;
import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.keyset.KeyContexts;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.Homecoming;
import io.tlvm.ownership.journal.JournalRecord;
import io.tlvm.ownership.journal.RowSeen;
import io.tlvm.ownership.journal.Verdict.Action;

import org.jboss.logging.Logger;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes over the guest state of a machine whose owner was lost: what its directory holds is checked
 * as for a start, stored again in a directory of this node under a new key, and compared before
 * that directory gets its name. The lost owner's directory is only read. No process of the machine
 * is alive here, and none ever starts before the row says so.
 */
final class RecoveryActions {
    private static final Logger LOG = Logger.getLogger(RecoveryActions.class);

    private final Workbench bench;
    private final GuestActions guest;

    RecoveryActions(Workbench bench, GuestActions guest) {
        this.bench = bench;
        this.guest = guest;
    }

    /**
     * Stores the state, then says so in the journal; a directory that is there already is the work
     * of an earlier call.
     *
     * @throws MachineRefused when the key that came with the command does not open here: it was
     *     sealed to another node or for another attempt
     * @throws IOException when the medium is full or fails; nothing has the directory's name then,
     *     and another call begins anew
     */
    Answer store(Order order, Action.StoreState lost) throws IOException, InterruptedException {
        bench.processes.killAll();
        bench.dropHeld();
        Answer answer = store(order, lost, bench.tree());
        if (answer instanceof Answer.Stored(Digest digest, var _)) {
            Command attempt = order.command();
            bench.journal.append(new JournalRecord.Stored(attempt.op(), attempt.epoch(), digest));
        }
        return answer;
    }

    private Answer store(Order order, Action.StoreState lost, StateTree tree) throws IOException {
        Optional<StateDirectory> made = tree.open(bench.vm, lost.into());
        if (made.isPresent()) {
            return answer(made.get());
        }
        Optional<StateDirectory> source = tree.open(bench.vm, lost.from());
        if (source.isEmpty()) {
            return refused(lost, "there is no such directory");
        }
        try (StateKey key = key(order, lost);
                HeldState state =
                        HeldState.foreign(
                                source.get(),
                                key,
                                bench.blueprint().firmware(),
                                bench.equipment.ownerOf(bench.blueprint().spec()),
                                lost.source())) {
            StartExamination.Outcome found =
                    state.examination()
                            .examine(
                                    new Expectation(
                                            bench.vm,
                                            lost.from(),
                                            lost.source(),
                                            order.ekFingerprint(),
                                            Optional.empty()));
            Optional<Manifest.Tpm> known = found.manifest().flatMap(Manifest::tpm);
            try {
                return decided(lost, tree, state, found);
            } finally {
                known.ifPresent(tpm -> tpm.migrationKey().close());
            }
        }
    }

    private Answer decided(
            Action.StoreState lost, StateTree tree, HeldState state, StartExamination.Outcome found)
            throws IOException {
        return switch (found.verdict()) {
            case Verdict.Refused(var why) -> refused(lost, why.message());
            case Verdict.Startable startable -> {
                Manifest manifest = found.manifest().orElseThrow();
                if (startable.payload().isPresent() != bench.blueprint().hasVtpm()) {
                    yield refused(
                            lost, "the machine's description and its state disagree about a vTPM");
                }
                yield copy(tree, lost.into(), state, manifest, startable);
            }
        };
    }

    private StateKey key(Order order, Action.StoreState lost) {
        Command attempt = order.command();
        ByteString sealed =
                order.sealedKey()
                        .orElseThrow(
                                () -> new IllegalArgumentException("a recovery comes with a key"));
        try {
            return bench.equipment
                    .keys()
                    .node()
                    .open(
                            sealed.toByteArray(),
                            KeyContexts.recovered(
                                    bench.vm.value(),
                                    lost.from().value(),
                                    bench.equipment.node().value(),
                                    attempt.op().value(),
                                    attempt.epoch().value()));
        } catch (GeneralSecurityException notOurs) {
            throw new MachineRefusal.KeyRefused(lost.from().value()).of(bench.vm);
        }
    }

    private Answer copy(
            StateTree tree,
            StateRef target,
            HeldState source,
            Manifest manifest,
            Verdict.Startable examined)
            throws IOException {
        boolean complete = false;
        try {
            StateDirectory staged = tree.stage(bench.vm, target);
            try (HeldState copy =
                    HeldState.make(
                            staged,
                            bench.equipment.keys(),
                            bench.equipment.random(),
                            source.firmware(),
                            source.owner(),
                            bench.equipment.node())) {
                Digest digest = fill(copy, source, examined);
                HeldState.Content content = copy.content(examined.payload().isPresent());
                if (!content.common().equals(digest)) {
                    throw new IOException("the copy does not hold what was copied");
                }
                copy.seal(
                        manifest.copiedInto(
                                target,
                                bench.equipment.node(),
                                content.keyed(),
                                content.variables()));
            }
            StateDirectory published =
                    switch (tree.publish(staged)) {
                        case Publication.Published(StateDirectory directory) -> directory;
                        case Publication.NameTaken(StateDirectory existing) -> existing;
                    };
            complete = true;
            LOG.infof(
                    "vm=%s directory=%s recovered from %s of %s",
                    bench.vm, target, manifest.ref(), manifest.node());
            return answer(published);
        } finally {
            if (!complete) {
                discard(tree, target);
            }
        }
    }

    /** Copies exactly what was examined, and says what the copy must hold. */
    private Digest fill(HeldState copy, HeldState source, Verdict.Startable examined)
            throws IOException {
        HeldState.Copy same =
                source.copy(
                                examined.payload(),
                                examined.variables(),
                                copy.keys().swtpmKey(),
                                bench.equipment.random())
                        .orElseThrow(() -> new IOException("the state changed while it was read"));
        copy.variables().replace(same.variables());
        if (same.tpm().isPresent()) {
            DurableFile.replace(copy.directory().permanentState(), same.tpm().get(), copy.owner());
            copy.owner().take(copy.directory().tpm(), StateTree.PRIVATE);
        }
        return same.common();
    }

    /** The stored state, read: a repeated call answers what the first one did. */
    private Answer answer(StateDirectory directory) throws IOException {
        return switch (bench.open(directory.ref())) {
            case HeldState.Opening.Locked(String why) ->
                    throw new MachineRefusal.StateUnusable(directory.ref().value(), why)
                            .of(bench.vm);
            case HeldState.Opening.Opened(HeldState state) -> {
                try (state) {
                    yield new Answer.Stored(
                            state.content(bench.blueprint().hasVtpm()).common(),
                            RecoveryWraps.ensure(directory, bench.equipment.keys()));
                }
            }
        };
    }

    private void discard(StateTree tree, StateRef target) {
        try {
            tree.discard(bench.vm, target);
        } catch (IOException failing) {
            LOG.warnf(
                    "vm=%s what was staged for %s stays until the next try: %s",
                    bench.vm, target, failing.getMessage());
        }
    }

    /** What was stored, once more. */
    Answer stored(Digest digest, Command attempt) throws IOException {
        Optional<StateDirectory> directory =
                bench.tree().open(bench.vm, StateRef.ofAttempt(attempt.epoch(), attempt.op()));
        return new Answer.Stored(
                digest, directory.isPresent() ? RecoveryWraps.of(directory.get()) : List.of());
    }

    /** R9: raises the journal, kills, destroys, in this order. */
    Returned comeHome(RowSeen row) throws IOException, InterruptedException {
        Homecoming home =
                Homecoming.of(bench.journal.view(), bench.observe(), bench.equipment.node(), row);
        bench.journal.append(home.first());
        Optional<MachineProcess> process = bench.processes.current();
        if (home.kills() && process.isPresent()) {
            LOG.warnf(
                    "vm=%s the node was given up and row %s says something else: process of epoch"
                            + " %s is killed",
                    bench.vm, row.version(), process.get().epoch());
            guest.kill(process.get(), "NODE_FENCED");
        }
        bench.processes.killLeftovers();
        List<StateRef> destroyed = new ArrayList<>();
        Optional<StateTree> reached =
                bench.spec()
                        .flatMap(spec -> bench.equipment.storage().look(spec.getStorage()).tree());
        if (reached.isPresent()) {
            for (StateRef ref : bench.ownDirectories()) {
                if (!home.spares().contains(ref) && reached.get().open(bench.vm, ref).isPresent()) {
                    reached.get().destroy(bench.vm, ref);
                    destroyed.add(ref);
                    LOG.infof("vm=%s directory=%s destroyed: no row needs it", bench.vm, ref);
                }
            }
        }
        return new Returned(home.kills() && process.isPresent(), destroyed);
    }

    private Answer refused(Action.StoreState lost, String evidence) {
        LOG.errorf(
                "vm=%s guest state %s of %s is not taken over: %s",
                bench.vm, lost.from(), lost.source(), evidence);
        return new Answer.StateRefused(evidence);
    }
}
