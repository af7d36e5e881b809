package io.tlvm.catalog.catalog;

import java.util.Optional;

/**
 * Which rows of the marketplace are wanted; an empty part means all.
 *
 * @param trustedLaunch only supported (true) or only unsupported (false) ones
 */
public record VersionFilter(
        Optional<String> publisher,
        Optional<String> offer,
        Optional<String> sku,
        Optional<Boolean> trustedLaunch) {}
