package io.tlvm.agent.gueststate;

import io.tlvm.ownership.id.Digest;

import java.util.Optional;

/**
 * What the control plane last heard of a directory: it outlives the storage, and so shows that the
 * storage was set back.
 *
 * @param seq of the manifest that was reported
 * @param payload keyed digest of the vTPM payload; empty without vTPM
 * @param variables SHA-256 of VARS.fd
 */
public record Checkpoint(long seq, Optional<Digest> payload, Digest variables) {}
