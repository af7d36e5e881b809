/**
 * The edge: one endpoint class per gRPC service, and the translation between protos and the domain.
 * Nothing decides here.
 */
@NullMarked
package io.tlvm.vm.api;

import org.jspecify.annotations.NullMarked;
