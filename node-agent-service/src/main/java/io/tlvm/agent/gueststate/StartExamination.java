package io.tlvm.agent.gueststate;

import io.tlvm.agent.firmware.VariableStore;
import io.tlvm.agent.gueststate.ManifestCheck.TpmFound;
import io.tlvm.agent.gueststate.ManifestCheck.Verdict;
import io.tlvm.agent.keys.DirectoryKeys;
import io.tlvm.agent.tpm.PermanentState;
import io.tlvm.agent.tpm.TpmPayload;
import io.tlvm.foundation.file.FileOwner;
import io.tlvm.foundation.file.StableRead;

import java.io.IOException;
import java.util.Optional;

/**
 * Reads what is in a state directory and lets {@link ManifestCheck} decide. It changes nothing.
 *
 * @param directory where
 * @param keys of that directory
 * @param variableSize what the machine's firmware has, in bytes
 * @param owner the user that the machine runs under
 */
public record StartExamination(
        StateDirectory directory, DirectoryKeys keys, int variableSize, FileOwner owner) {
    /**
     * The verdict, and the manifest that it rests on; the caller closes the manifest's migration
     * key.
     */
    public record Outcome(Optional<Manifest> manifest, Verdict verdict) {}

    /**
     * Examines the directory. No process of the machine may be alive.
     *
     * @throws IOException when the medium fails: then nothing is known, and nothing may start
     *     either
     */
    public Outcome examine(Expectation expected) throws IOException {
        return switch (ManifestFile.read(directory, keys)) {
            case ManifestFile.Reading.Valid(Manifest manifest) ->
                    new Outcome(
                            Optional.of(manifest),
                            ManifestCheck.decide(
                                    expected,
                                    manifest,
                                    tpm(),
                                    new VariableStore(directory.variables(), variableSize, owner)
                                            .snapshot()));
            case ManifestFile.Reading.Missing _ -> refused(new StartRefusal.ManifestMissing());
            case ManifestFile.Reading.Foreign(String wanted, String found) ->
                    refused(new StartRefusal.ManifestForeign(wanted, found));
            case ManifestFile.Reading.Rejected(String why) ->
                    refused(new StartRefusal.ManifestRejected(why));
        };
    }

    /**
     * What is there of the vTPM now; also for following a running one.
     *
     * @throws IOException when the medium fails
     */
    public TpmFound tpm() throws IOException {
        return switch (StableRead.read(directory.permanentState(), PermanentState.FILE_MAX)) {
            case StableRead.Outcome.Stable(byte[] file) -> authenticate(file);
            case StableRead.Outcome.Missing _ -> new TpmFound.Missing();
            case StableRead.Outcome.TooLarge(long size, int _) ->
                    new TpmFound.Rejected(new PermanentState.Defect.TooLarge(size));
            case StableRead.Outcome.NotRegular _ ->
                    new TpmFound.Unreadable("something that is no regular file");
            case StableRead.Outcome.Changing _ ->
                    new TpmFound.Unreadable("a file that another process keeps writing");
        };
    }

    private TpmFound authenticate(byte[] file) {
        return switch (PermanentState.read(file, keys.swtpmKey())) {
            case PermanentState.Reading.Rejected(PermanentState.Defect why) ->
                    new TpmFound.Rejected(why);
            case PermanentState.Reading.Authentic(TpmPayload payload) -> {
                try (payload) {
                    yield new TpmFound.Authentic(payload.keyedDigest(keys));
                }
            }
        };
    }

    private static Outcome refused(StartRefusal why) {
        return new Outcome(Optional.empty(), new Verdict.Refused(why));
    }
}
