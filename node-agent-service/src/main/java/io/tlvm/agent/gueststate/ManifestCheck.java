package io.tlvm.agent.gueststate;

import com.google.protobuf.ByteString;

import io.tlvm.agent.firmware.VariableStore;
import io.tlvm.agent.tpm.PermanentState;
import io.tlvm.ownership.id.Digest;

import java.util.Optional;

/**
 * Decides whether a machine may start from what was found in its directory. No start without a
 * manifest that matches: a CLOSED one names the exact state; under an OPEN one (a crash, a power
 * cut) the state may also be newer, if it authenticates under this directory's key and is not one
 * that was already left behind.
 */
public final class ManifestCheck {
    private ManifestCheck() {}

    /** The answer. */
    public sealed interface Verdict {
        /**
         * May be started from.
         *
         * @param payload keyed digest of the vTPM payload that was found; empty without vTPM
         * @param variables SHA-256 of the variables that were found
         * @param newer whether something is newer than the manifest says: seal again before the
         *     start
         */
        record Startable(Optional<Digest> payload, Digest variables, boolean newer)
                implements Verdict {}

        /** Must not be started from. */
        record Refused(StartRefusal why) implements Verdict {}
    }

    /** What was found in place of the vTPM's state file. */
    public sealed interface TpmFound {
        /** It authenticates under this directory's key. */
        record Authentic(Digest payload) implements TpmFound {}

        /** It does not. */
        record Rejected(PermanentState.Defect why) implements TpmFound {}

        /** Nothing has its name. */
        record Missing() implements TpmFound {}

        /** No file that could be read. */
        record Unreadable(String why) implements TpmFound {}
    }

    /**
     * Decides.
     *
     * @param expected what the row says
     * @param manifest what the directory's manifest says
     * @param tpm what is there of the vTPM
     * @param variables what is there of the UEFI variables
     */
    public static Verdict decide(
            Expectation expected,
            Manifest manifest,
            TpmFound tpm,
            VariableStore.Snapshot variables) {
        return manifestRefusal(expected, manifest)
                .or(() -> tpmRefusal(manifest, tpm))
                .or(() -> variablesRefusal(manifest, variables))
                .<Verdict>map(Verdict.Refused::new)
                .orElseGet(() -> startable(manifest, tpm, variables));
    }

    private static Verdict startable(
            Manifest manifest, TpmFound tpm, VariableStore.Snapshot variables) {
        Optional<Digest> payload =
                tpm instanceof TpmFound.Authentic(Digest found)
                        ? Optional.of(found)
                        : Optional.empty();
        Digest image =
                variables instanceof VariableStore.Snapshot.Complete(ByteString _, Digest found)
                        ? found
                        : manifest.variables();
        boolean newer = !payload.equals(manifest.payload()) || !image.equals(manifest.variables());
        return new Verdict.Startable(payload, image, newer);
    }

    private static Optional<StartRefusal> manifestRefusal(Expectation expected, Manifest manifest) {
        if (!manifest.vm().equals(expected.vm()) || !manifest.ref().equals(expected.ref())) {
            return Optional.of(
                    new StartRefusal.ManifestForeign(
                            expected.vm() + "/" + expected.ref(),
                            manifest.vm() + "/" + manifest.ref()));
        }
        if (!manifest.node().equals(expected.node())) {
            return Optional.of(new StartRefusal.SealedElsewhere(expected.node(), manifest.node()));
        }
        Optional<Digest> fingerprint = manifest.tpm().map(Manifest.Tpm::ekFingerprint);
        if (!fingerprint.equals(expected.ekFingerprint())) {
            return Optional.of(
                    new StartRefusal.OtherTpm(
                            endorsedBy(expected.ekFingerprint()), endorsedBy(fingerprint)));
        }
        return expected.checkpoint().flatMap(checkpoint -> checkpointRefusal(checkpoint, manifest));
    }

    private static Optional<StartRefusal> checkpointRefusal(
            Checkpoint checkpoint, Manifest manifest) {
        if (manifest.seq() < checkpoint.seq()) {
            return Optional.of(new StartRefusal.ManifestStale(checkpoint.seq(), manifest.seq()));
        }
        boolean same =
                manifest.payload().equals(checkpoint.payload())
                        && manifest.variables().equals(checkpoint.variables());
        if (manifest.seq() == checkpoint.seq() && !same) {
            return Optional.of(
                    new StartRefusal.CheckpointDiffers(
                            checkpoint.seq(),
                            describe(checkpoint.payload(), checkpoint.variables()),
                            describe(manifest.payload(), manifest.variables())));
        }
        return Optional.empty();
    }

    private static Optional<StartRefusal> tpmRefusal(Manifest manifest, TpmFound found) {
        if (manifest.tpm().isEmpty()) {
            return found instanceof TpmFound.Missing
                    ? Optional.empty()
                    : Optional.of(
                            new StartRefusal.OtherTpm(endorsedBy(Optional.empty()), "vTPM state"));
        }
        Digest expected = manifest.tpm().get().payload();
        return switch (found) {
            case TpmFound.Missing _ -> Optional.of(new StartRefusal.TpmMissing(expected));
            case TpmFound.Unreadable(String why) ->
                    Optional.of(new StartRefusal.TpmUnreadable(expected, why));
            case TpmFound.Rejected(PermanentState.Defect why) ->
                    Optional.of(new StartRefusal.TpmRejected(expected, why));
            case TpmFound.Authentic(Digest payload) when payload.equals(expected) ->
                    Optional.empty();
            case TpmFound.Authentic(Digest payload) -> {
                Optional<Long> past = manifest.pastSeqOfPayload(payload);
                if (past.isPresent()) {
                    yield Optional.of(
                            new StartRefusal.TpmRolledBack(expected, payload, past.get()));
                }
                yield switch (manifest.status()) {
                    case CLOSED -> Optional.of(new StartRefusal.TpmDiffers(expected, payload));
                    case OPEN -> Optional.empty();
                };
            }
        };
    }

    private static Optional<StartRefusal> variablesRefusal(
            Manifest manifest, VariableStore.Snapshot found) {
        Digest expected = manifest.variables();
        return switch (found) {
            case VariableStore.Snapshot.Missing _ ->
                    Optional.of(new StartRefusal.VariablesMissing(expected));
            case VariableStore.Snapshot.WrongSize(long size, long actual) ->
                    Optional.of(new StartRefusal.VariablesSize(size, actual));
            case VariableStore.Snapshot.Unreadable(String why) ->
                    Optional.of(new StartRefusal.VariablesUnreadable(expected, why));
            case VariableStore.Snapshot.Complete(ByteString _, Digest image)
                    when image.equals(expected) ->
                    Optional.empty();
            case VariableStore.Snapshot.Complete(ByteString _, Digest image) -> {
                Optional<Long> past = manifest.pastSeqOfVariables(image);
                if (past.isPresent()) {
                    yield Optional.of(
                            new StartRefusal.VariablesRolledBack(expected, image, past.get()));
                }
                yield switch (manifest.status()) {
                    case CLOSED -> Optional.of(new StartRefusal.VariablesDiffer(expected, image));
                    case OPEN -> Optional.empty();
                };
            }
        };
    }

    private static String endorsedBy(Optional<Digest> fingerprint) {
        return fingerprint.map(ek -> "a vTPM with endorsement key " + ek).orElse("no vTPM");
    }

    private static String describe(Optional<Digest> payload, Digest variables) {
        return "vTPM %s and variables %s"
                .formatted(payload.map(Digest::value).orElse("none"), variables);
    }
}
