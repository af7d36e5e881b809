package io.tlvm.vm.machine;

import java.util.Optional;

/**
 * Who asks, and how a repetition of the request is known.
 *
 * @param caller SPIFFE id
 * @param requestId the client's name for the request (AIP-155)
 * @param fingerprint over the body without the request id
 */
public record Asked(String caller, Optional<String> requestId, String fingerprint) {}
