/**
 * The edge: one endpoint per gRPC service, translation, and the access table. Nothing is decided
 * here.
 */
@NullMarked
package io.tlvm.catalog.api;

import org.jspecify.annotations.NullMarked;
