package io.tlvm.agent.gueststate;

import io.tlvm.agent.firmware.FirmwareImage;
import io.tlvm.agent.firmware.FirmwareImages;
import io.tlvm.agent.firmware.FirmwareKind;
import io.tlvm.agent.firmware.VariableStore;
import io.tlvm.agent.gueststate.ManifestCheck.TpmFound;
import io.tlvm.agent.gueststate.ManifestCheck.Verdict;
import io.tlvm.agent.keys.DirectoryKeys;
import io.tlvm.agent.keys.KeyWrap;
import io.tlvm.agent.keys.MigrationKey;
import io.tlvm.agent.keys.NodeKeyset;
import io.tlvm.agent.keys.OneTimeKey;
import io.tlvm.agent.keys.Recipient;
import io.tlvm.agent.keys.StateKey;
import io.tlvm.agent.tpm.EkAuthority;
import io.tlvm.agent.tpm.EndorsementKey;
import io.tlvm.agent.tpm.SwtpmSetup;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whole state directories with a real vTPM and real UEFI variables; one TPM is made, every sentence
 * has a copy of it.
 */
final class StateLab {
    static final VmUid VM = new VmUid("6f9619ff-8b86-4d01-b42d-00cf4fc964ff");
    static final VmUid OTHER_VM = new VmUid("11111111-8b86-4d01-b42d-00cf4fc964ff");
    static final StateRef REF = new StateRef("g1-0a1b2c3d");
    static final StateRef OTHER_REF = new StateRef("g2-0a1b2c3d");
    static final NodeName NODE = new NodeName("node-a");
    static final NodeName OTHER_NODE = new NodeName("node-b");
    private static final int SOME_USER = 64123;

    final Path temporary;
    final FileOwner owner;
    final FirmwareImage firmware;
    final NodeKeyset node;
    final Path manufactured;
    final byte[] secret;
    final EndorsementKey ek;
    private final OneTimeKey recovery;

    /** A directory as a start finds it. */
    record Published(
            Path storage,
            StateTree tree,
            StateDirectory directory,
            DirectoryKeys keys,
            Manifest manifest)
            implements AutoCloseable {
        @Override
        public void close() {
            keys.close();
        }
    }

    /** Manufactures the TPM below {@code shared}. */
    StateLab(Path shared) throws Exception {
        temporary = shared;
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwx--x--x"));
        boolean root = FileOwner.ofThisProcess().uid() == 0;
        owner = root ? new FileOwner(SOME_USER, SOME_USER) : FileOwner.ofThisProcess();
        firmware = new FirmwareImages(FirmwareImages.DEBIAN).find(FirmwareKind.SECURE_BOOT);
        node = NodeKeyset.loadOrCreate(temporary.resolve("node.keyset"), NODE);
        recovery = OneTimeKey.generate();
        secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        manufactured = Files.createDirectory(temporary.resolve("manufactured"));
        try (StateKey key = StateKey.of(secret.clone());
                DirectoryKeys derived = DirectoryKeys.derive(key, VM, REF)) {
            ek =
                    new SwtpmSetup(EkAuthority.in(temporary), Duration.ofSeconds(60))
                            .manufacture(manufactured, derived.swtpmKey(), owner, VM);
        }
    }

    Published publish() throws Exception {
        Path storage = Files.createTempDirectory(temporary, "storage");
        Files.setPosixFilePermissions(storage, PosixFilePermissions.fromString("rwx--x--x"));
        StateTree tree = new StateTree(storage);
        StateDirectory staged = tree.stage(VM, REF);
        DirectoryKeys keys;
        try (StateKey key = StateKey.of(secret.clone())) {
            keys = DirectoryKeys.derive(key, VM, REF);
            StateKeyFile.write(
                    staged,
                    List.of(
                            node.wrap(key, VM, REF),
                            KeyWrap.wrap(
                                    key, Recipient.recovery("k1"), recovery.publicKey(), VM, REF)));
        }
        try (Stream<Path> files = Files.list(manufactured)) {
            for (Path file : files.toList()) {
                Files.copy(file, staged.tpm().resolve(file.getFileName()));
                owner.take(staged.tpm().resolve(file.getFileName()), "rw-------");
            }
        }
        owner.take(staged.tpm(), "rwx------");
        Digest variables = store(staged).create(firmware);
        TpmFound found = new StartExamination(staged, keys, firmware.variableSize(), owner).tpm();
        if (!(found instanceof TpmFound.Authentic(Digest payload))) {
            throw new AssertionError(found);
        }
        Manifest manifest =
                new Manifest(
                        VM,
                        REF,
                        NODE,
                        1,
                        Manifest.Status.CLOSED,
                        Epoch.NONE,
                        false,
                        Optional.of(
                                new Manifest.Tpm(
                                        payload,
                                        ek.fingerprint(),
                                        MigrationKey.random(new SecureRandom()),
                                        "0.7.1")),
                        variables,
                        firmware.id(),
                        List.of());
        ManifestFile.write(staged, manifest, keys);
        if (!(tree.publish(staged)
                instanceof StateTree.Publication.Published(StateDirectory published))) {
            throw new AssertionError("not published");
        }
        return new Published(storage, tree, published, keys, manifest);
    }

    Verdict examine(Published state, Expectation expected) throws IOException {
        return new StartExamination(state.directory(), state.keys(), firmware.variableSize(), owner)
                .examine(expected)
                .verdict();
    }

    Expectation expecting(@Nullable Checkpoint checkpoint) {
        return new Expectation(
                VM, REF, NODE, Optional.of(ek.fingerprint()), Optional.ofNullable(checkpoint));
    }

    VariableStore store(StateDirectory in) {
        return new VariableStore(in.variables(), firmware.variableSize(), owner);
    }

    static Digest digest(char digit) {
        return new Digest("sha256:" + String.valueOf(digit).repeat(64));
    }
}
