/**
 * The audit chain as whoever reads it checks it: hashes, checkpoints, receipts of hand-overs.
 * Services write the chain, clients and tests verify it, with the same code.
 */
@NullMarked
package io.tlvm.foundation.audit;

import org.jspecify.annotations.NullMarked;
