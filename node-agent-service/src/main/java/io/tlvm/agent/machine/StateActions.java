package io.tlvm.agent.machine;

import com.google.protobuf.ByteString;

import io.tlvm.agent.gueststate.HeldState;
import io.tlvm.agent.gueststate.Manifest;
import io.tlvm.agent.gueststate.RecoveryWraps;
import io.tlvm.agent.gueststate.StateDirectory;
import io.tlvm.agent.gueststate.StateTree;
import io.tlvm.agent.gueststate.StateTree.Publication;
import io.tlvm.agent.keys.KeyWrap;
import io.tlvm.agent.keys.MigrationKey;
import io.tlvm.agent.tpm.EndorsementKey;
import io.tlvm.foundation.file.DurableFile;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.StableRead;
import io.tlvm.foundation.file.TreeRemoval;
import io.tlvm.node.v1.StorageLocation;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.journal.Command;
import io.tlvm.ownership.journal.JournalRecord;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes and destroys guest state; no process of the machine is alive meanwhile. */
final class StateActions {
    /**
     * The certificate of the endorsement key, beside the state: public, and asked for again by a
     * repeated create.
     */
    private static final String EK_CERTIFICATE = "ek.der";

    private static final int CERTIFICATE_MAX = 64 * 1024;

    private final Workbench bench;

    StateActions(Workbench bench) {
        this.bench = bench;
    }

    /**
     * Manufactures TPM and variables once; a directory that is there already is the answer of an
     * earlier call.
     */
    Answer make(Command command, StateRef ref) throws IOException, InterruptedException {
        StateTree tree = bench.tree();
        Optional<StateDirectory> made = tree.open(bench.vm, ref);
        StateDirectory directory = made.isPresent() ? made.get() : manufacture(tree, ref);
        bench.journal.append(new JournalRecord.Created(command.op(), command.epoch(), ref));
        return new Answer.Created(
                ref,
                certificate(directory),
                RecoveryWraps.ensure(directory, bench.equipment.keys()));
    }

    private StateDirectory manufacture(StateTree tree, StateRef ref)
            throws IOException, InterruptedException {
        Blueprint blueprint = bench.blueprint();
        FileOwner owner = bench.equipment.ownerOf(blueprint.spec());
        StateDirectory staged = tree.stage(bench.vm, ref);
        try (HeldState state =
                HeldState.make(
                        staged,
                        bench.equipment.keys(),
                        bench.equipment.random(),
                        blueprint.firmware(),
                        owner,
                        bench.equipment.node())) {
            Digest variables = state.variables().create(blueprint.firmware());
            Optional<Manifest.Tpm> tpm = Optional.empty();
            if (blueprint.hasVtpm()) {
                EndorsementKey key =
                        bench.equipment
                                .swtpmSetup()
                                .manufacture(
                                        staged.tpm(), state.keys().swtpmKey(), owner, bench.vm);
                DurableFile.replace(
                        staged.path().resolve(EK_CERTIFICATE),
                        key.chain().toByteArray(),
                        FileOwner.ofThisProcess());
                Digest payload =
                        state.content(true)
                                .keyed()
                                .orElseThrow(
                                        () -> new IllegalStateException("a vTPM without payload"));
                tpm =
                        Optional.of(
                                new Manifest.Tpm(
                                        payload,
                                        key.fingerprint(),
                                        MigrationKey.random(bench.equipment.random()),
                                        bench.equipment.host().swtpmVersion()));
            }
            state.seal(
                    new Manifest(
                            bench.vm,
                            ref,
                            bench.equipment.node(),
                            1,
                            Manifest.Status.CLOSED,
                            Epoch.NONE,
                            false,
                            tpm,
                            variables,
                            blueprint.firmware().id(),
                            List.of()));
        }
        return switch (tree.publish(staged)) {
            case Publication.Published(StateDirectory published) -> published;
            case Publication.NameTaken(StateDirectory existing) -> existing;
        };
    }

    private ByteString certificate(StateDirectory directory) throws IOException {
        Path file = directory.path().resolve(EK_CERTIFICATE);
        if (!bench.blueprint().hasVtpm()) {
            return ByteString.EMPTY;
        }
        if (StableRead.read(file, CERTIFICATE_MAX)
                instanceof StableRead.Outcome.Stable(byte[] der)) {
            return ByteString.copyFrom(der);
        }
        throw new MachineRefusal.StateUnusable(
                        directory.ref().value(),
                        "the certificate of its endorsement key is not there")
                .of(bench.vm);
    }

    /** Every directory on this node's hands, wrapped for the recovery key. */
    Map<StateRef, List<KeyWrap>> recoveryWraps() throws IOException {
        Map<StateRef, List<KeyWrap>> keys = new LinkedHashMap<>();
        if (bench.spec().isEmpty() || bench.journal.view().purged()) {
            return keys;
        }
        StateTree tree = bench.tree();
        for (StateRef ref : bench.ownDirectories()) {
            Optional<StateDirectory> directory = tree.open(bench.vm, ref);
            List<KeyWrap> wraps =
                    directory.isPresent()
                            ? RecoveryWraps.ensure(directory.get(), bench.equipment.keys())
                            : List.of();
            if (!wraps.isEmpty()) {
                keys.put(ref, wraps);
            }
        }
        return keys;
    }

    /** Destroys what a withdrawn create may have left. */
    Answer drop(StorageLocation storage, StateRef ref) throws IOException {
        StateTree tree = bench.tree(storage);
        tree.discard(bench.vm, ref);
        tree.destroy(bench.vm, ref);
        return new Answer.Done();
    }

    /** Destroys one directory, key first; its processes are gone. */
    void destroy(StorageLocation storage, StateRef ref) throws IOException {
        bench.held()
                .filter(state -> state.directory().ref().equals(ref))
                .ifPresent(state -> bench.dropHeld());
        StateTree tree = bench.tree(storage);
        tree.discard(bench.vm, ref);
        tree.destroy(bench.vm, ref);
    }

    /** A purged machine: every directory, every disk, and at last the machine's own directory. */
    Answer destroyAll(StorageLocation storage) throws IOException, InterruptedException {
        bench.processes.killAll();
        bench.dropHeld();
        StateTree tree = bench.tree(storage);
        for (StateRef ref : tree.contents(bench.vm).refs()) {
            tree.destroy(bench.vm, ref);
        }
        Path root = Path.of(storage.getDirectory());
        if (Files.isDirectory(root.resolve(bench.vm.value()), LinkOption.NOFOLLOW_LINKS)) {
            TreeRemoval.remove(root, bench.vm.value());
        }
        return new Answer.Done();
    }
}
