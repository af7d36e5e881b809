package io.tlvm.agent.machine;

import com.google.protobuf.ByteString;

import io.tlvm.ownership.id.Digest;
import io.tlvm.ownership.id.NodeName;
import io.tlvm.ownership.id.StateRef;

import java.util.Optional;

/**
 * What a recovery reads: the state of a lost owner, on a path that this node reaches too.
 *
 * @param directory that the row names as its state
 * @param owner the lost node, which must have sealed it
 * @param sealedKey the directory's state key, sealed to this node for this one attempt
 * @param ekFingerprint of the TPM that the row knows; empty for a machine without vTPM
 */
public record Recovered(
        StateRef directory, NodeName owner, ByteString sealedKey, Optional<Digest> ekFingerprint) {}
