package io.tlvm.agent.gueststate;

import io.tlvm.agent.tpm.PermanentState;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.NodeName;

/**
 * Why a machine is not started from a directory. Each is evidence: the machine is quarantined with
 * it, and a new TPM is never made.
 */
public sealed interface StartRefusal {
    /** The directory has no MANIFEST: it was never finished. */
    record ManifestMissing() implements StartRefusal {}

    /** The MANIFEST does not open under this directory's key. */
    record ManifestRejected(String why) implements StartRefusal {}

    /** The MANIFEST is that of another machine or directory. */
    record ManifestForeign(String expected, String found) implements StartRefusal {}

    /** Another node sealed it than the one that the row names. */
    record SealedElsewhere(NodeName expected, NodeName found) implements StartRefusal {}

    /** It is older than what the control plane heard of this directory. */
    record ManifestStale(long expectedSeq, long foundSeq) implements StartRefusal {}

    /** It has the number that the control plane heard, and says something else. */
    record CheckpointDiffers(long seq, String expected, String found) implements StartRefusal {}

    /**
     * It is another TPM than the one that was made for the machine, or there is none, or there
     * should be none.
     */
    record OtherTpm(String expected, String found) implements StartRefusal {}

    /** The vTPM's state file is not there. */
    record TpmMissing(Digest expected) implements StartRefusal {}

    /** It is there and cannot be read as a file. */
    record TpmUnreadable(Digest expected, String found) implements StartRefusal {}

    /** It is empty, truncated, changed, not encrypted, or written under another key. */
    record TpmRejected(Digest expected, PermanentState.Defect found) implements StartRefusal {}

    /** It is an earlier state of this TPM. */
    record TpmRolledBack(Digest expected, Digest found, long foundSeq) implements StartRefusal {}

    /** The manifest was closed and the state is another one. */
    record TpmDiffers(Digest expected, Digest found) implements StartRefusal {}

    /** The UEFI variables are not there. */
    record VariablesMissing(Digest expected) implements StartRefusal {}

    /** They have another size than those of the firmware. */
    record VariablesSize(long expected, long found) implements StartRefusal {}

    /** They cannot be read as a file. */
    record VariablesUnreadable(Digest expected, String found) implements StartRefusal {}

    /** They are an earlier state. */
    record VariablesRolledBack(Digest expected, Digest found, long foundSeq)
            implements StartRefusal {}

    /** The manifest was closed and they are others. */
    record VariablesDiffer(Digest expected, Digest found) implements StartRefusal {}

    /** In words: what was expected, what was found. */
    default String message() {
        return switch (this) {
            case ManifestMissing _ -> "the directory has no MANIFEST, so it was never finished";
            case ManifestRejected(String why) -> "the MANIFEST is not accepted: " + why;
            case ManifestForeign(String expected, String found) ->
                    differs(
                            "the MANIFEST of %s".formatted(expected),
                            "that of %s".formatted(found));
            case SealedElsewhere(NodeName expected, NodeName found) ->
                    differs(
                            "a MANIFEST sealed by node %s".formatted(expected),
                            "one sealed by %s".formatted(found));
            case ManifestStale(long expectedSeq, long foundSeq) ->
                    differs(
                            "a MANIFEST with seq %d or later".formatted(expectedSeq),
                            "seq %d".formatted(foundSeq));
            case CheckpointDiffers(long seq, String expected, String found) ->
                    differs("%s at seq %d".formatted(expected, seq), found);
            case OtherTpm(String expected, String found) -> differs(expected, found);
            case TpmMissing(Digest expected) -> differs(tpm(expected), "no file");
            case TpmUnreadable(Digest expected, String found) -> differs(tpm(expected), found);
            case TpmRejected(Digest expected, PermanentState.Defect found) ->
                    differs(tpm(expected), "a file that is not accepted: " + found.message());
            case TpmRolledBack(Digest expected, Digest found, long foundSeq) ->
                    differs(
                            tpm(expected),
                            "%s, the earlier state of seq %d".formatted(found, foundSeq));
            case TpmDiffers(Digest expected, Digest found) -> differs(tpm(expected), found.value());
            case VariablesMissing(Digest expected) -> differs(variables(expected), "no file");
            case VariablesSize(long expected, long found) ->
                    differs(
                            "UEFI variables of %d bytes".formatted(expected),
                            "%d bytes".formatted(found));
            case VariablesUnreadable(Digest expected, String found) ->
                    differs(variables(expected), found);
            case VariablesRolledBack(Digest expected, Digest found, long foundSeq) ->
                    differs(
                            variables(expected),
                            "%s, the earlier state of seq %d".formatted(found, foundSeq));
            case VariablesDiffer(Digest expected, Digest found) ->
                    differs(variables(expected), found.value());
        };
    }

    private static String tpm(Digest expected) {
        return "vTPM state with digest " + expected;
    }

    private static String variables(Digest expected) {
        return "UEFI variables with digest " + expected;
    }

    private static String differs(String expected, String found) {
        return "expected %s, found %s".formatted(expected, found);
    }
}
