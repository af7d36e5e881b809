/**
 * Streams between agents: gRPC with back-pressure on one end, a unix socket of QEMU on the other.
 */
@NullMarked
package io.tlvm.agent.transfer;

import org.jspecify.annotations.NullMarked;
