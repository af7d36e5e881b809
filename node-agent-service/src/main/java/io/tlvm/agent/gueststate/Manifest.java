package io.tlvm.agent.gueststate;

import io.tlvm.agent.keys.MigrationKey;
import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.Epoch;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is known of a state directory. The guest changes its TPM whenever it likes, so the digests
 * are exact only while the manifest is CLOSED; while it is OPEN the agent follows and seals again.
 *
 * @param vm whose state it is
 * @param ref the directory's name
 * @param node that sealed it
 * @param seq how often it was sealed in this directory, from 1
 * @param status whether the digests are exact
 * @param ranEpoch the last claim whose state it holds, {@link Epoch#NONE} before the first
 * @param here whether that run happened in this directory
 * @param tpm the vTPM; empty for a machine without one
 * @param variables SHA-256 of VARS.fd
 * @param firmwareId the firmware that the variables belong to
 * @param history earlier states of this directory, newest first, at most {@link #HISTORY_MAX}
 */
public record Manifest(
        VmUid vm,
        StateRef ref,
        NodeName node,
        long seq,
        Status status,
        Epoch ranEpoch,
        boolean here,
        Optional<Tpm> tpm,
        Digest variables,
        String firmwareId,
        List<PastState> history) {
    /** How many earlier states are remembered. */
    public static final int HISTORY_MAX = 64;

    /** Refuses what no agent writes. */
    public Manifest {
        if (seq < 1) {
            throw new IllegalArgumentException("a manifest's seq begins at 1, not " + seq);
        }
        if (here && ranEpoch.equals(Epoch.NONE)) {
            throw new IllegalArgumentException(
                    "a directory in which nothing ran cannot say that it ran here");
        }
        if (firmwareId.isBlank() || firmwareId.length() > 256) {
            throw new IllegalArgumentException("a firmware id has 1 to 256 characters");
        }
        if (history.size() > HISTORY_MAX) {
            throw new IllegalArgumentException(
                    "a history has at most %d entries".formatted(HISTORY_MAX));
        }
        history = List.copyOf(history);
    }

    /** Whether the digests are exact. */
    public enum Status {
        /** swtpm may be running, or ended without a clean stop. */
        OPEN,
        /** swtpm was reaped before this was sealed. */
        CLOSED
    }

    /**
     * What is known of the vTPM.
     *
     * @param payload keyed digest of the decrypted state
     * @param ekFingerprint SHA-256 of the certificate of the RSA endorsement key (DER)
     * @param migrationKey what protects it inside a migration stream; whoever read the manifest
     *     closes it
     * @param swtpmVersion that wrote the state last
     */
    public record Tpm(
            Digest payload, Digest ekFingerprint, MigrationKey migrationKey, String swtpmVersion) {
        /** Refuses a version that is none. */
        public Tpm {
            if (swtpmVersion.isBlank() || swtpmVersion.length() > 64) {
                throw new IllegalArgumentException("a version has 1 to 64 characters");
            }
        }
    }

    /**
     * An earlier state.
     *
     * @param seq of the manifest that recorded it
     * @param tpm keyed digest of the payload; empty without vTPM
     * @param variables SHA-256 of VARS.fd
     */
    public record PastState(long seq, Optional<Digest> tpm, Digest variables) {}

    /** The keyed digest of the vTPM payload. */
    public Optional<Digest> payload() {
        return tpm.map(Tpm::payload);
    }

    /**
     * Opened for a run in this directory, by the agent that journaled the claim.
     *
     * @param sealer the node that seals from now on
     * @param claim the epoch of the claim
     */
    public Manifest opened(NodeName sealer, Epoch claim) {
        return new Manifest(
                vm,
                ref,
                sealer,
                seq + 1,
                Status.OPEN,
                claim,
                true,
                tpm,
                variables,
                firmwareId,
                history);
    }

    /**
     * With what a cold start brings. Part of the next sealing: the seq stays.
     *
     * @param key a new migration key; the old one stays the caller's to close
     * @param swtpmVersion of the swtpm that will run
     */
    public Manifest forColdStart(MigrationKey key, String swtpmVersion) {
        return new Manifest(
                vm,
                ref,
                node,
                seq,
                status,
                ranEpoch,
                here,
                tpm.map(
                        known ->
                                new Tpm(known.payload(), known.ekFingerprint(), key, swtpmVersion)),
                variables,
                firmwareId,
                history);
    }

    /**
     * The first manifest of another directory that the same state was copied into, by recovery,
     * move, migration or re-key. It is CLOSED: nothing runs on the copy yet.
     *
     * @param copy the new directory's name
     * @param sealer the node that made the copy
     * @param payload the digest of the copied vTPM payload under the new directory's digest key
     * @param image SHA-256 of the copied variables
     */
    public Manifest copiedInto(
            StateRef copy, NodeName sealer, Optional<Digest> payload, Digest image) {
        return new Manifest(
                vm,
                copy,
                sealer,
                1,
                Status.CLOSED,
                ranEpoch,
                false,
                withPayload(payload),
                image,
                firmwareId,
                List.of());
    }

    /**
     * After the guest, or its firmware, changed something.
     *
     * @param payload the keyed digest of the vTPM payload; empty exactly for a machine without vTPM
     * @param nowVariables SHA-256 of VARS.fd
     */
    public Manifest changed(Optional<Digest> payload, Digest nowVariables) {
        return next(Status.OPEN, payload, nowVariables);
    }

    /** After swtpm and QEMU were reaped; parameters as for {@link #changed}. */
    public Manifest closed(Optional<Digest> payload, Digest nowVariables) {
        return next(Status.CLOSED, payload, nowVariables);
    }

    private Manifest next(Status now, Optional<Digest> payload, Digest nowVariables) {
        return new Manifest(
                vm,
                ref,
                node,
                seq + 1,
                now,
                ranEpoch,
                here,
                withPayload(payload),
                nowVariables,
                firmwareId,
                remembering(payload, nowVariables));
    }

    private Optional<Tpm> withPayload(Optional<Digest> payload) {
        if (payload.isPresent() != tpm.isPresent()) {
            throw new IllegalArgumentException("a vTPM neither appears nor disappears");
        }
        return tpm.flatMap(
                known ->
                        payload.map(
                                digest ->
                                        new Tpm(
                                                digest,
                                                known.ekFingerprint(),
                                                known.migrationKey(),
                                                known.swtpmVersion())));
    }

    private List<PastState> remembering(Optional<Digest> payload, Digest nowVariables) {
        if (payload.equals(payload()) && nowVariables.equals(variables)) {
            return history;
        }
        List<PastState> longer = new ArrayList<>();
        longer.add(new PastState(seq, payload(), variables));
        longer.addAll(history);
        return longer.subList(0, Math.min(longer.size(), HISTORY_MAX));
    }

    /** The seq under which a vTPM payload was recorded that is no longer the newest. */
    public Optional<Long> pastSeqOfPayload(Digest payload) {
        return pastSeq(history.stream().filter(past -> past.tpm().equals(Optional.of(payload))));
    }

    /** The seq under which variables were recorded that are no longer the newest. */
    public Optional<Long> pastSeqOfVariables(Digest image) {
        return pastSeq(history.stream().filter(past -> past.variables().equals(image)));
    }

    private static Optional<Long> pastSeq(Stream<PastState> found) {
        return found.findFirst().map(PastState::seq);
    }
}
