package io.tlvm.foundation.request;

/**
 * A mutating call that may be repeated (AIP-155). Remembered in the transaction of its effect, so
 * that there is never one without the other.
 *
 * @param caller who asked; two callers may use the same id
 * @param id UUID chosen by the caller
 * @param fingerprint of the request without the id: the same id with another body is a mistake of
 *     the caller
 */
public record RepeatableRequest(String caller, String id, String fingerprint) {}
