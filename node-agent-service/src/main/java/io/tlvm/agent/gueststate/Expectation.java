package io.tlvm.agent.gueststate;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;
import io.tlvm.ownership.id.VmUid;

import java.util.Optional;

/**
 * What the row says about the state that is to be started.
 *
 * @param vm the machine
 * @param ref the directory
 * @param node that sealed it last: the owner, or the prior owner in a recovery
 * @param ekFingerprint SHA-256 of the endorsement key's certificate; empty for a machine without
 *     vTPM
 * @param checkpoint the last one, if there is any
 */
public record Expectation(
        VmUid vm,
        StateRef ref,
        NodeName node,
        Optional<Digest> ekFingerprint,
        Optional<Checkpoint> checkpoint) {}
